"""A foreign Message Stream Encryption peer, from the specification alone.

It shares nothing with the crate under test: Python's pow() and hashlib, and the
RC4 of this folder. The steps are separate calls, so that a case can do each of
them well or badly.
"""

import secrets
import threading
from hashlib import sha1

import aes
from rc4 import Rc4
from wire import whole

P = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563",
    16,
)
KEY = 96
PAD = 512
VC = bytes(8)
PLAINTEXT, RC4 = 1, 2
AES = 4  # a draft: AES-128-CTR after an RC4 handshake


class ProtocolError(Exception):
    """The peer broke a rule of the specification."""


def to_key(number):
    return number.to_bytes(KEY, "big")


def public_key(private):
    return to_key(pow(2, private, P))


def private_key():
    return secrets.randbits(160) | 1 << 159


def digest(*parts):
    return sha1(b"".join(parts)).digest()


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


class Secret:
    """Everything that both ends derive from S."""

    def __init__(self, number):
        self.bytes = to_key(number)
        self.req1 = digest(b"req1", self.bytes)
        self.req3 = digest(b"req3", self.bytes)

    @classmethod
    def agreed(cls, private, peer_key):
        number = int.from_bytes(peer_key, "big")
        if not 2 <= number <= P - 2:
            raise ProtocolError("public key outside [2, P-2]")
        return cls(pow(number, private, P))

    def cipher(self, label, skey):
        return Rc4(digest(label, self.bytes, skey), discard=1024)

    def aes(self, label, skey):
        return aes.Ctr(digest(label, self.bytes, skey))

    def skey_mark(self, skey):
        return xor(digest(b"req2", skey), self.req3)


class Stream:
    """The payload after the handshake; `outgoing` and `incoming` are what the selected method does to it."""

    def __init__(self, wire, outgoing, incoming, first=b""):
        self.wire = wire
        self.seal, self.open = outgoing, incoming
        self.first = first  # IA, already clear

    def send(self, data, cut=whole):
        self.wire.send(self.seal(data), cut)

    def recv(self, count):
        out, self.first = self.first[:count], self.first[count:]
        return out + self.open(self.wire.take(count - len(out)))

    def recv_rest(self):
        return self.first + self.open(self.wire.until_closed())

    def exchange(self, data, expected):
        """Send while reading, so that no socket buffer can be too small."""
        sender = threading.Thread(target=self.send, args=(data,), daemon=True)
        sender.start()
        back = self.recv(len(expected))
        sender.join(30)
        if back != expected:
            raise ProtocolError(f"{len(expected)} bytes came back changed")


class _Peer:
    def __init__(self, wire, private=None, public=None):
        self.wire = wire
        self.private = private or private_key()
        self.public = public or public_key(self.private)
        self.secret = None

    def send_key(self, pad=b"", cut=whole):
        self.wire.send(self.public + pad, cut)

    def read_key(self):
        self.peer_key = self.wire.take(KEY)
        self.secret = Secret.agreed(self.private, self.peer_key)

    def _methods(self, select, labels):
        """What `select` does to the payload, outgoing and incoming."""
        if select == PLAINTEXT:
            return (lambda data: data), (lambda data: data)
        if select == AES:
            return tuple(self.secret.aes(label, self.skey).apply for label in labels)
        return self.outgoing.apply, self.incoming.apply

    def _open_length(self, cipher, limit, what):
        length = int.from_bytes(cipher.apply(self.wire.take(2)), "big")
        if length > limit:
            raise ProtocolError(f"{what} of {length} bytes")
        return length


class Initiator(_Peer):
    def __init__(self, wire, skey, private=None, public=None):
        super().__init__(wire, private, public)
        self.skey = skey

    def step3(self, provide=RC4, pad_c=b"", ia=b"", vc=VC, length_c=None, length_ia=None):
        """The bytes of step 3; the ciphers start here."""
        self.outgoing = self.secret.cipher(b"keyA", self.skey)
        self.incoming = self.secret.cipher(b"keyB", self.skey)
        self.wire.unwanted.append(self.secret.cipher(b"keyB", self.skey).apply(VC))
        length_c = len(pad_c) if length_c is None else length_c
        length_ia = len(ia) if length_ia is None else length_ia
        clear = vc + provide.to_bytes(4, "big") + length_c.to_bytes(2, "big") + pad_c
        clear += length_ia.to_bytes(2, "big") + ia
        return self.secret.req1 + self.secret.skey_mark(self.skey) + self.outgoing.apply(clear)

    def read_step4(self, provide=RC4):
        self.pad_b = self.wire.take_until(self.incoming.apply(VC), PAD)
        self.select = int.from_bytes(self.incoming.apply(self.wire.take(4)), "big")
        if self.select not in (PLAINTEXT, RC4, AES) or not self.select & provide:
            raise ProtocolError(f"crypto_select {self.select:#x} for crypto_provide {provide:#x}")
        length = self._open_length(self.incoming, PAD, "PadD")
        self.pad_d = self.incoming.apply(self.wire.take(length))
        return self.stream(self.select)

    def stream(self, select):
        return Stream(self.wire, *self._methods(select, (b"keyA", b"keyB")))

    def connect(self, provide=RC4, pad_a=b"", pad_c=b"", ia=b"", cut=whole):
        """The ordinary handshake, one call."""
        self.send_key(pad_a, cut)
        self.read_key()
        self.wire.send(self.step3(provide, pad_c, ia), cut)
        return self.read_step4(provide)


class Responder(_Peer):
    def __init__(self, wire, skeys, private=None, public=None):
        super().__init__(wire, private, public)
        self.skeys = skeys

    def read_step3(self, ia_limit=65535):
        self.pad_a = self.wire.take_until(self.secret.req1, PAD)
        mark = self.wire.take(20)
        found = [skey for skey in self.skeys if self.secret.skey_mark(skey) == mark]
        if not found:
            raise ProtocolError("unknown SKEY")
        self.skey = found[0]
        self.incoming = self.secret.cipher(b"keyA", self.skey)
        self.outgoing = self.secret.cipher(b"keyB", self.skey)
        if self.incoming.apply(self.wire.take(8)) != VC:
            raise ProtocolError("VC is not zero")
        self.provide = int.from_bytes(self.incoming.apply(self.wire.take(4)), "big")
        length = self._open_length(self.incoming, PAD, "PadC")
        self.pad_c = self.incoming.apply(self.wire.take(length))
        length = self._open_length(self.incoming, ia_limit, "IA")
        self.ia = self.incoming.apply(self.wire.take(length))

    def step4(self, select=RC4, pad_d=b"", vc=VC, length_d=None):
        """The bytes of step 4."""
        length_d = len(pad_d) if length_d is None else length_d
        clear = vc + select.to_bytes(4, "big") + length_d.to_bytes(2, "big") + pad_d
        return self.outgoing.apply(clear)

    def stream(self, select=RC4):
        return Stream(self.wire, *self._methods(select, (b"keyB", b"keyA")), self.ia)

    def choose(self, wanted=(RC4, PLAINTEXT)):
        for method in wanted:
            if self.provide & method:
                return method
        raise ProtocolError(f"no common method in {self.provide:#x}")

    def accept(self, wanted=(RC4, PLAINTEXT), pad_b=b"", pad_d=b"", cut=whole):
        """The ordinary handshake, one call."""
        self.read_key()
        self.send_key(pad_b, cut)
        self.read_step3()
        self.select = self.choose(wanted)
        self.wire.send(self.step4(self.select, pad_d), cut)
        return self.stream(self.select)
