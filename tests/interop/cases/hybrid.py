"""Torrents of version 2, and of both versions at once, with the one client here that has them.

The SKEY of a version-2 torrent is the first 20 bytes of its info-hash. A torrent of both versions has two SKEYs, and the
BitTorrent handshakes inside may name the one or the other.
"""

import secrets
import socket

import torrent
from case import Case, require
from cases.transfer import Route
from clients.lt import Libtorrent
from mse import RC4, Initiator, Responder
from programs import HEADER
from tap import judge
from wire import Wire

SIZE = 2 * torrent.MIB
BOTH_HASHES = 0x10  # in the last reserved byte: knows the torrent by either hash
HAVE_ALL = b"\0\0\0\2\x05\xff"  # a bitfield of eight pieces
INTERESTED = b"\2"
POLICY = {"answers": "--outbound", "dials": "--inbound"}


def transferred(context, version, way):
    """Through `mse-bridge`, which is told of every hash."""
    context.torrent = torrent.make_v2(context.folder / "content", version, SIZE)
    route = Route(context, Libtorrent, "rc4", way, way == "answers", POLICY[way], "require", "--methods", "rc4")
    return judge(route.wait_transferred(), "rc4")


def asked_by(context, which, reserved):
    """libtorrent serves a torrent of both versions, by either SKEY. It answers with the hash that was asked for, whether
    the other would be taken or not."""
    context.torrent = torrent.make_v2(context.folder / "content", "hybrid", SIZE)
    skey = context.torrent.hashes[which]
    peer = Libtorrent(context, "rc4", seed=True)
    wire = Wire.dial(peer.address)
    context.ends_with(wire.close)
    answer = Initiator(wire, skey).connect(RC4, ia=handshake(skey, reserved)).recv(68)
    require(answer[:20] == HEADER, "not a handshake")
    named = name(context, answer[28:48])
    require(named == name(context, skey), f"the answer names the {named} hash")
    return f"the answer names the {named} hash"


def asks_by(context, version, answer=0):
    """What libtorrent asks for when it dials; and it takes that hash, or the other one, in the answer."""
    context.torrent = torrent.make_v2(context.folder / "content", version, SIZE)
    listener = socket.create_server(("127.0.0.1", 0))
    context.ends_with(listener.close)
    listener.settimeout(60)
    Libtorrent(context, "rc4", dial=listener.getsockname())
    wire = Wire(listener.accept()[0])
    context.ends_with(wire.close)
    peer = Responder(wire, context.torrent.hashes)
    stream = peer.accept((RC4,))
    require(len(peer.ia) == 68, f"IA of {len(peer.ia)} bytes")
    skey, named = name(context, peer.skey), name(context, peer.ia[28:48])
    require(skey == named, f"SKEY is the {skey} hash, the handshake names the {named} one")
    other = context.torrent.hashes[answer]
    stream.recv(len(peer.ia))
    stream.send(handshake(other, BOTH_HASHES) + HAVE_ALL)
    while message(stream)[:1] != INTERESTED:
        pass
    return f"SKEY and handshake: {skey}; the answer: {name(context, other)}"


def message(stream):
    return stream.recv(int.from_bytes(stream.recv(4), "big"))


def handshake(info_hash, reserved):
    return HEADER + bytes(7) + bytes([reserved]) + info_hash + b"-TM0000-" + secrets.token_bytes(12)


def name(context, found):
    """Which hash that is."""
    hashes = context.torrent.hashes
    require(found in hashes, f"no hash of the torrent: {found.hex()}")
    return "v1" if len(hashes) == 2 and found == hashes[0] else "v2"


def cases(_options):
    def case(what, function, *args):
        return Case(f"hybrid/{what}", lambda context: function(context, *args), dict(hybrid=what), Libtorrent)

    for version in ("v2", "hybrid"):
        for way in POLICY:
            yield case(f"{version}-transfer-{way}", transferred, version, way)
        yield case(f"{version}-asks", asks_by, version)
    yield case("hybrid-asks-and-is-answered-with-v2", asks_by, "hybrid", 1)
    for reserved in (0, BOTH_HASHES):
        for which, label in enumerate(("v1", "v2")):
            yield case(f"asked-by-{label}-reserved-{reserved:#04x}", asked_by, which, reserved)
