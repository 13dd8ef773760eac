"""A libtorrent that accepts RC4 alone and is at its limit of connections: what each policy dials.

It closes a further connection before it reads, so a dialler cannot tell it from a client without MSE.
"""

import secrets

from case import Case, require
from clients.lt import Libtorrent
from mse import RC4, Initiator
from programs import HEADER
from tap import Tap, marks
from wire import Wire

# What is dialled, in order, and whether that fails. Plaintext that is dialled last needs no answer to succeed.
DIALLED = {"allow": ("plaintext mse", 1), "prefer": ("mse plaintext", 0), "require": ("mse", 1)}


def dialled(context, encryption):
    peer = Libtorrent(context, "rc4", seed=True, limit=2)  # with 1 it takes nobody
    skey = context.torrent.info_hash
    first = Wire.dial(peer.address)
    context.ends_with(first.close)
    ia = HEADER + bytes(8) + skey + b"-TM0000-" + secrets.token_bytes(12)
    require(Initiator(first, skey).connect(RC4, ia=ia).recv(68)[:20] == HEADER, "the first is not served")
    tap = Tap(peer.address, marks(context.torrent))
    context.ends_with(tap.close)
    argv = [context.programs.hinted, "--connect", "%s:%d" % tap.address, "--encryption", encryption]
    child = context.start(*argv, "--info-hash", skey.hex())
    status = child.exit_status(60)
    tried = child.out[0].removeprefix("attempts: ")
    require((tried, status) == DIALLED[encryption], f"tried {tried}, ended with {status}")
    back = sum(each.back.total for each in tap.connections)
    require(back == 0, f"{back} bytes came back")
    shown = any(each.out.seen for each in tap.connections)
    require("plaintext" in tried or not shown, "something was in the clear")
    outcome = child.err[-1].split(":")[0] if status else "a stream that ends at once"
    return f"dials {', then '.join(tried.split())}: {outcome}"


def cases(_options):
    for encryption in DIALLED:
        yield Case(
            f"full/{encryption}",
            lambda context, a=encryption: dialled(context, a),
            dict(full=f"`{encryption}`"),
            Libtorrent,
        )
