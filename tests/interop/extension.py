"""What a peer says of itself and of others in the extension protocol (BEP 10, BEP 11), over an encrypted stream."""

import secrets

from mse import Initiator
from programs import HEADER
from torrent import bdecode, bencode

EXTENDED, HANDSHAKE, PEX = 20, 0, 1


class Talker:
    """A peer without content that shakes hands and listens."""

    def __init__(self, wire, skey):
        reserved = bytes(5) + b"\x10" + bytes(2)
        ia = HEADER + reserved + skey + b"-TM0000-" + secrets.token_bytes(12)
        self._stream = Initiator(wire, skey).connect(pad_a=bytes(20), ia=ia)
        first = self._stream.recv(68)
        if not first[25] & 0x10:
            raise AssertionError("the peer has no extension protocol")
        body = bytes([EXTENDED, HANDSHAKE]) + bencode({"m": {"ut_pex": PEX}, "p": 1})
        self._stream.send(len(body).to_bytes(4, "big") + body)

    def _wait(self, kind):
        """The dictionary of the next extended message of that kind."""
        while True:
            length = int.from_bytes(self._stream.recv(4), "big")
            message = self._stream.recv(length)
            if length > 2 and message[0] == EXTENDED and message[1] == kind:
                return bdecode(message[2:])[0]

    def said_of_itself(self):
        return self._wait(HANDSHAKE)

    def told_of(self, address):
        """`added.f` of that peer, once it is exchanged."""
        while True:
            pex = self._wait(PEX)
            added, flags = pex.get(b"added", b""), pex.get(b"added.f", b"")
            for at in range(0, len(added), 6):
                if added[at : at + 6] == address:
                    return flags[at // 6]
