"""A recording TCP relay, and its verdict of what passed in the clear."""

import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from wire import whole

HANDSHAKE = b"\x13BitTorrent protocol"
KEPT = 4096  # bytes of each direction that are kept for a look, and cut again if asked for
KEY = 96  # bytes of a public key
DATA_SEGS_IN = 152  # where Linux has it in struct tcp_info


@dataclass
class Direction:
    marks: dict  # name -> bytes
    total: int = 0
    head: bytearray = field(default_factory=bytearray)
    opening: bytes = b""  # what was read first
    segments: int = 0  # that brought it and the rest of a key
    seen: dict = field(default_factory=dict)  # name -> first offset
    _tail: bytes = b""

    def note(self, data, segments):
        if not self.total:
            self.opening = data
        if self.total < KEY:
            self.segments = segments()
        window = self._tail + data
        start = self.total - len(self._tail)
        for name, mark in self.marks.items():
            if name not in self.seen and (at := window.find(mark)) >= 0:
                self.seen[name] = start + at
        self.total += len(data)
        self.head += data[: max(0, KEPT - len(self.head))]
        longest = max(map(len, self.marks.values()))
        self._tail = window[-(longest - 1) :]


class Connection:
    def __init__(self, marks):
        self.out = Direction(marks)  # from the dialling side
        self.back = Direction(marks)  # to the dialling side
        self.started = time.monotonic()
        self.ended = threading.Event()


class Tap:
    """Relays every connection to `target`; half-close passes through.

    `cut` cuts the beginning of both directions into segments of their own.
    """

    def __init__(self, target, marks, host="127.0.0.1", port=0, cut=None):
        self.target, self.marks, self.cut = target, dict(marks), cut or whole
        self.connections = []
        self._sockets = []
        self._listener = socket.create_server((host, port))
        self.address = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        try:
            far = socket.create_connection(self.target, timeout=10)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        self._sockets += [near, far]
        for sock in (near, far):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(self.marks)
        self.connections.append(connection)
        back = (far, near, connection.back, self.cut)
        other = threading.Thread(target=_pump, args=back, daemon=True)
        other.start()
        _pump(near, far, connection.out, self.cut)
        other.join()
        near.close()
        far.close()
        connection.ended.set()

    def close(self):
        for sock in [self._listener, *self._sockets]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def wait_connection(self, timeout):
        deadline = time.monotonic() + timeout
        while not self.connections and time.monotonic() < deadline:
            time.sleep(0.05)
        return bool(self.connections)

    def busiest(self):
        return max(self.connections, key=lambda c: c.out.total + c.back.total, default=None)


def _pump(source, sink, direction, cut):
    try:
        while data := source.recv(1 << 18):
            direction.note(data, lambda: _data_segments(source))
            parts = cut(data) if direction.total <= KEPT else [data]
            for part in parts:
                sink.sendall(part)
                if len(parts) > 1:
                    time.sleep(0.001)  # or the other end reads them at once
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # A reset on one side ends both: the relay must not turn it into a clean end.
        for sock in (source, sink):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def _data_segments(sock):
    """How many segments with data the socket received so far."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("=I", info, DATA_SEGS_IN)[0]


def marks(torrent):
    """What must not be readable: the protocol's name, the info-hash, the content."""
    found = {"handshake": HANDSHAKE, "info-hash": torrent.info_hash}
    found |= {f"info-hash {n}": each for n, each in enumerate(torrent.hashes)}
    found.update({f"content {n}": sample for n, sample in enumerate(torrent.samples)})
    return found


def clear_content(connection):
    return sum(
        name.startswith("content") for d in (connection.out, connection.back) for name in d.seen
    )


def judge(connection, mode):
    """Raise unless the wire showed what `mode` allows; otherwise say what was seen."""
    out, back = connection.out.seen.get("handshake"), connection.back.seen.get("handshake")
    content = clear_content(connection)
    if mode == "rc4":
        leaks = sorted(set(connection.out.seen) | set(connection.back.seen))
        _require(not leaks, f"in the clear in RC4 mode: {leaks}")
        return "nothing in the clear"
    if mode == "header-only":
        # Initiator: key, then at least HASH, HASH, VC, provide and two lengths. Responder: key, then
        # VC, select, length; its own handshake follows within the longest pads.
        _require(out is None or out >= 96 + 56, f"initiator's handshake in the clear at {out}")
        _require(back is not None, "responder's handshake is not in the clear after step 4")
        _require(96 + 14 <= back <= 96 + 14 + 1024, f"responder's handshake in the clear at {back}")
        early = [n for n, at in connection.out.seen.items() if n != "handshake" and at < 96 + 56]
        _require(not early, f"in the clear inside the handshake: {early}")
        _require(content > 0, "content is not in the clear: not header-only")
        return f"clear only after the handshake (byte {back})"
    _require(out == 0 and back == 0, f"plaintext handshake at {out} and {back}, not at byte 0")
    _require(content > 0, "content is not in the clear: not plaintext")
    return "all in the clear, from byte 0"


def _require(condition, complaint):
    if not condition:
        raise AssertionError(f"tap: {complaint}")
