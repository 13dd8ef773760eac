"""What a real client says of itself, and others of it, leads to the first attempt that `PeerHint` documents.

`hinted` is a program of this folder: it puts the hints together and dials, and prints what it tried. It dials as
`Allow` and as `Prefer`, so that a hint has something to change.
"""

import dataclasses
import time
import urllib.parse
import urllib.request

import torrent
from case import Case, require
from clients import tested
from clients.lt import Libtorrent
from extension import Talker
from torrent import bdecode
from tracker import SwarmTracker, packed
from wire import Wire

# weight of a hint -> what is dialled first, and second, under `allow` and under `prefer`
UNKNOWN, TAKES, PREFERS, REQUIRES = range(4)
NAMES = ("nothing", "takes MSE", "prefers MSE", "requires MSE")
ALLOW = {UNKNOWN: ("plaintext", "mse"), TAKES: ("plaintext", "mse"), PREFERS: ("mse", "plaintext"), REQUIRES: ("mse",)}
PREFER = {UNKNOWN: ("mse", "plaintext"), TAKES: ("mse", "plaintext"), PREFERS: ("mse", "plaintext"), REQUIRES: ("mse",)}
LITTLE = torrent.MIB


def hinted(context, address, encryption, *hints):
    """What `hinted` tried, in order, at a peer that is set to take RC4 alone."""
    argv = [context.programs.hinted, "--connect", "%s:%d" % address, "--encryption", encryption]
    argv += ["--info-hash", context.torrent.info_hash.hex(), *map(str, hints)]
    child = context.start(*argv)
    status = child.exit_status(60)
    if status and child.err and child.err[-1].startswith(("closed:", "closed-unanswered:")):
        # libtorrent takes one connection from an address, and closes another once it has read the info-hash. Transmission
        # closes another at once while it shakes hands. It may not have seen the end of the last one yet.
        time.sleep(2)
        child = context.start(*argv)
        status = child.exit_status(60)
    require(status == 0, f"hinted ended with {status}: {child.last_words()}")
    return child.out[0].removeprefix("attempts: ").split()


def dialled_as_documented(context, peer, weight, *hints):
    """The peer takes MSE at once, so that is the last attempt; one that takes plaintext however it is set needs no other."""
    for encryption, table in (("allow", ALLOW), ("prefer", PREFER)):
        order = table[weight]
        expected = list(order[:1] if peer.takes_plaintext else order[: order.index("mse") + 1])
        tried = hinted(context, peer.address, encryption, *hints)
        require(tried == expected, f"{encryption}: tried {tried}, documented {expected}")
    return f"{NAMES[weight]}: under allow {ALLOW[weight][0]} is tried first"


def ask(tracker, context):
    """The `crypto_flags` of every peer, as a client with MSE is told."""
    query = {"info_hash": context.torrent.info_hash, "peer_id": b"-TM0000-" + bytes(12), "port": 1, "supportcrypto": 1}
    with urllib.request.urlopen(f"{tracker.url}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
        told = bdecode(answer.read())[0]
    peers, flags = told[b"peers"], told[b"crypto_flags"]
    return {peers[at : at + 6]: flags[at // 6] for at in range(0, len(peers), 6)}


def from_tracker(context, client):
    """The client announces, the tracker tells its flag, and that is what is dialled by."""
    tracker = context.tracker = SwarmTracker()
    context.ends_with(tracker.close)
    path = context.folder / "announcing.torrent"
    path.write_bytes(context.torrent.announcing(tracker.url))
    context.torrent = dataclasses.replace(context.torrent, path=path)
    peer = client(context, "rc4", seed=True)
    address, (supports, requires) = tracker.wait_announced(peer.address[1], 90)
    flag = ask(tracker, context)[packed(address)]
    said = " ".join(n for n, on in (("supportcrypto", supports), ("requirecrypto", requires)) if on) or "neither flag"
    require(flag == requires, f"crypto_flags {flag} of a peer that announced {said}")
    if not supports and not requires:
        # It said nothing, so a tracker has no flag for it that would be true.
        return f"{said}: {dialled_as_documented(context, peer, UNKNOWN)}"
    weight = REQUIRES if requires else TAKES
    return f"{said}: {dialled_as_documented(context, peer, weight, '--crypto-flag', flag)}"


def from_itself(context, client):
    """Key `e` of its extension handshake."""
    peer = client(context, "rc4", seed=True)
    wire = Wire.dial(peer.address)
    context.ends_with(wire.close)
    e = Talker(wire, context.torrent.info_hash).said_of_itself().get(b"e")
    wire.close()
    hints = [] if e is None else ["--extension-e", e]
    weight = PREFERS if e else UNKNOWN
    said = "no `e`" if e is None else f"`e` is {e}"
    return f"{said}: {dialled_as_documented(context, peer, weight, *hints)}"


def from_exchange(context):
    """A libtorrent that is connected to another over MSE tells of it. Neither has content, or they would part."""
    context.torrent = torrent.make(context.folder / "content", LITTLE, private=0)
    told = Libtorrent(context, "rc4")
    teller = Libtorrent(context, "rc4", dial=told.address, pex=True)
    teller.child.wait_line(lambda line: line.startswith("peer_connect"), 60)
    wire = Wire.dial(teller.address, 80)
    context.ends_with(wire.close)
    flags = Talker(wire, context.torrent.info_hash).told_of(packed(told.address))
    require(flags & 1, f"added.f {flags:#04x}")
    wire.close()
    return f"added.f {flags:#04x}: {dialled_as_documented(context, told, PREFERS, '--pex-flags', flags)}"


def cases(options):
    for client in tested(options):
        yield Case(f"hints/{client.id()}-announces", lambda c, a=client: from_tracker(c, a), dict(hint="tracker"), client)
        yield Case(f"hints/{client.id()}-extension", lambda c, a=client: from_itself(c, a), dict(hint="itself"), client)
    yield Case(
        "hints/libtorrent-exchange",
        from_exchange,
        dict(hint="exchange"),
        Libtorrent,
    )
