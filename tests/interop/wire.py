"""A TCP socket with a deadline, a transcript, and control over how writes are cut."""

import random
import socket
import time


class Closed(Exception):
    """The other end closed or reset the connection."""


class TooSlow(Exception):
    """Nothing came before the deadline."""


def whole(data):
    return [data] if data else []


def pieces(size):
    return lambda data: [data[at : at + size] for at in range(0, len(data), size)]


def random_pieces(low, high):
    def cut(data):
        out, at = [], 0
        while at < len(data):
            step = random.randint(low, high)
            out.append(data[at : at + step])
            at += step
        return out

    return cut


class Wire:
    def __init__(self, sock, timeout=30.0):
        self.sock = sock
        self.deadline = time.monotonic() + timeout
        self.received = bytearray()  # not yet taken
        self.total_received = 0
        self.transcript = []  # (from_us, bytes) in order
        self.unwanted = []  # what a peer that broke a rule must never get
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @classmethod
    def dial(cls, address, timeout=30.0):
        return cls(socket.create_connection(address, timeout=timeout), timeout)

    def _arm(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TooSlow("deadline of the case")
        self.sock.settimeout(left)

    def send(self, data, cut=whole, pause=0.0005):
        """Write `data`; each piece becomes a write of its own, far enough apart to stay one segment."""
        parts = cut(data)
        try:
            for part in parts:
                self._arm()
                self.sock.sendall(part)
                self.transcript.append((True, bytes(part)))
                if len(parts) > 1:
                    time.sleep(pause)
        except TimeoutError as error:
            raise TooSlow("the other end does not read") from error
        except OSError as error:
            raise Closed(f"write: {error}") from error

    def fill(self):
        self._arm()
        try:
            data = self.sock.recv(65536)
        except TimeoutError as error:
            raise TooSlow("the other end is silent") from error
        except OSError as error:
            raise Closed(f"read: {error}") from error
        if not data:
            raise Closed(f"end of stream after {self.total_received} bytes")
        self.transcript.append((False, data))
        self.total_received += len(data)
        self.received += data

    def take(self, count):
        while len(self.received) < count:
            self.fill()
        out = bytes(self.received[:count])
        del self.received[:count]
        return out

    def take_until(self, mark, limit):
        """The bytes before `mark`, at most `limit` of them; `mark` is consumed."""
        while True:
            at = self.received.find(mark, 0, limit + len(mark))
            if at >= 0:
                pad = bytes(self.received[:at])
                del self.received[: at + len(mark)]
                return pad
            if len(self.received) >= limit + len(mark):
                raise ValueError(f"mark not found after {limit} bytes of pad")
            self.fill()

    def silent_for(self, seconds):
        """True if nothing arrives (and the connection stays open) for that long."""
        if self.received:
            return False
        self.sock.settimeout(seconds)
        try:
            data = self.sock.recv(65536)
        except TimeoutError:
            return True
        except OSError:
            return False
        if data:
            self.transcript.append((False, data))
            self.received += data
        return False

    def until_closed(self):
        """Read until the other end closes; what came in the meantime."""
        try:
            while True:
                self.fill()
        except Closed:
            out = bytes(self.received)
            self.received.clear()
            return out

    def finish(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """Close with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def close(self):
        self.sock.close()
