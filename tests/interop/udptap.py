"""A relay of datagrams that looks for what must not be readable. Its port refuses TCP."""

import socket
import threading


def _port(host):
    """A UDP socket, and a TCP socket that keeps the same port and does not listen."""
    while True:
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        datagrams.bind((host, 0))
        try:
            stream.bind(datagrams.getsockname())
            return datagrams, stream
        except OSError:
            datagrams.close()
            stream.close()


class UdpTap:
    def __init__(self, target, marks, host="127.0.0.1"):
        self.target, self.marks = target, marks
        self.seen, self.total = set(), 0
        self._front, self._refusing = _port(host)
        self.address = self._front.getsockname()
        self._backs = {}  # who dialled -> the socket towards the target
        threading.Thread(target=self._serve, daemon=True).start()

    def _note(self, packet):
        self.total += len(packet)
        self.seen |= {name for name, mark in self.marks.items() if mark in packet}

    def _serve(self):
        while True:
            try:
                packet, dialler = self._front.recvfrom(65536)
            except OSError:
                return
            self._note(packet)
            if dialler not in self._backs:
                back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                back.connect(self.target)
                self._backs[dialler] = back
                threading.Thread(target=self._return, args=(back, dialler), daemon=True).start()
            try:
                self._backs[dialler].send(packet)
            except OSError:
                pass  # refused: a datagram may be lost

    def _return(self, back, dialler):
        while True:
            try:
                packet = back.recv(65536)
            except ConnectionRefusedError:
                continue
            except OSError:
                return
            if not packet:
                return
            self._note(packet)
            try:
                self._front.sendto(packet, dialler)
            except OSError:
                return

    def close(self):
        for sock in [self._front, self._refusing, *self._backs.values()]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
