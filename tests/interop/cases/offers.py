"""What the draft AES, every unknown bit, and an unknown high bit do to a real client that is offered them beside RC4.

A client that does not know a bit must ignore it, and none of these offers plaintext: RC4 is all that is left.
"""

import secrets

from case import Case, require
from clients import tested
from mse import RC4, Initiator
from programs import HEADER
from wire import Wire

OFFERS = (0x06, 0xFFFFFFFE, 0x80000002)


def offered(context, client, mode):
    """One seeding client, one connection for each offer: it selects RC4, and its own handshake follows."""
    skey = context.torrent.info_hash
    answering = client(context, mode, seed=True)
    for offer in OFFERS:
        wire = Wire.dial(answering.address)
        context.ends_with(wire.close)
        peer = Initiator(wire, skey)
        ia = HEADER + bytes(8) + skey + b"-TM0000-" + secrets.token_bytes(12)
        try:
            stream = peer.connect(offer, secrets.token_bytes(200), ia=ia)
            require(peer.select == RC4, f"crypto_select {peer.select:#x}")
            first = stream.recv(68)
        except Exception as error:
            raise AssertionError(f"offered {offer:#010x}: {type(error).__name__}: {error}") from error
        require(first[:20] == HEADER and first[28:48] == skey, f"offered {offer:#010x}: not its handshake")
        wire.close()
    return "RC4 of " + ", ".join(f"{offer:#010x}" for offer in OFFERS)


def cases(options):
    for client in tested(options):
        for mode in ("rc4", "default"):
            yield Case(
                f"offers/{client.id()}-{mode}",
                lambda c, a=(client, mode): offered(c, *a),
                dict(offered_to=mode),
                client,
            )
