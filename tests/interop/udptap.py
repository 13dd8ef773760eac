"""A relay of datagrams that looks for what must not be readable. Nothing listens on its port with TCP."""

import socket
import threading


class UdpTap:
    def __init__(self, target, marks, host="127.0.0.1"):
        self.target, self.marks = target, marks
        self.seen, self.total = set(), 0
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind((host, 0))
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
        for sock in [self._front, *self._backs.values()]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
