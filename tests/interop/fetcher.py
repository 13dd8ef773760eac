"""Fetches pieces from a seed (BEP 3). One of our programs relays the stream, and has decrypted it."""

import socket
import time
from hashlib import sha1

from wire import Closed, Wire

CHOKE, UNCHOKE, INTERESTED, REQUEST, PIECE = 0, 1, 2, 6, 7
BLOCK = 16 * 1024


def message(kind, body=b""):
    return (1 + len(body)).to_bytes(4, "big") + bytes([kind]) + body


class Fetcher:
    """Waits for the relayed streams. It sends `opening` first, and skips the peer's handshake of `skipped` bytes."""

    def __init__(self, context, opening=b"", skipped=0):
        self.torrent, self.opening, self.skipped = context.torrent, opening, skipped
        self.connections = 0
        self.ended = "no stream came"  # why there was no stream, or no longer one
        self._listener = socket.create_server(("127.0.0.1", 0))
        context.ends_with(self._listener.close)
        self.address = self._listener.getsockname()

    def fetch(self, count, timeout=90):
        """The first `count` pieces, which are checked. A client may close and dial again, so more streams may come."""
        deadline = time.monotonic() + timeout
        found = {}
        while True:
            self._listener.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                sock = self._listener.accept()[0]
            except TimeoutError:
                raise AssertionError(f"{len(found)} of {count} pieces, {self.connections} streams; {self.ended}") from None
            self.connections += 1
            wire = Wire(sock, max(0.01, deadline - time.monotonic()))
            try:
                self._fetch(wire, count, found)
                return found
            except Closed as error:
                self.ended = str(error)
            finally:
                wire.close()

    def _fetch(self, wire, count, found):
        wire.send(self.opening)
        theirs = wire.take(self.skipped)
        if theirs and theirs[28:48] != self.torrent.info_hash:
            raise AssertionError("the handshake has another info-hash")
        wire.send(message(INTERESTED))
        size = self.torrent.info["piece length"]
        blocks = {}
        while len(found) < count:
            body = wire.take(int.from_bytes(wire.take(4), "big"))
            if body[:1] == bytes([UNCHOKE]):
                for index in range(count):
                    for begin in range(0, 0 if index in found else size, BLOCK):
                        numbers = (index, begin, BLOCK)
                        wire.send(message(REQUEST, b"".join(n.to_bytes(4, "big") for n in numbers)))
            elif body[:1] == bytes([PIECE]):
                index, begin = (int.from_bytes(body[at : at + 4], "big") for at in (1, 5))
                piece = blocks.setdefault(index, {})
                piece[begin] = body[9:]
                if sum(map(len, piece.values())) == size:
                    self._check(index, b"".join(piece[at] for at in sorted(piece)))
                    found[index] = True

    def _check(self, index, piece):
        if sha1(piece).digest() != self.torrent.info["pieces"][20 * index : 20 * index + 20]:
            raise AssertionError(f"the SHA-1 of piece {index} differs")
