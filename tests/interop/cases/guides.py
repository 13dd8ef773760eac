"""The code of two guides, which people copy, fetches pieces from real clients that accept RC4 alone.

`interop.rs` in the folder of each guide runs its code and relays the stream to `Fetcher`, which speaks BEP 3.
"""

from case import Case, require
from clients import tested
from clients.lt import Libtorrent
from fetcher import BLOCK, Fetcher
from programs import handshake
from tap import Tap, judge, marks
from udptap import UdpTap

PIECES = 4
CLIENTS = ("libtorrent", "Transmission", "rTorrent")
# Whether the stream that it relays begins with the peer's BitTorrent handshake.
GUIDES = {"guide_client": False, "guide_halves": True}


class OverUtp(Libtorrent):
    utp = True


class Route:
    """The guide, the tap and the client, in the order of dialling; and what the guide relays."""

    def __init__(self, context, guide, client, way, tap):
        begins = GUIDES[guide]
        # `guide_halves` sends no handshake when it accepts; otherwise a guide sends it.
        opening = handshake(context.torrent.info_hash) if begins and way == "dials" else b""
        self.fetcher = Fetcher(context, opening, 68 if begins else 0)
        relay = "%s:%d" % self.fetcher.address
        argv = [getattr(context.programs, guide), "--info-hash", context.torrent.info_hash.hex(), "--relay", relay]
        if way == "answers":
            self.far = client(context, "rc4", seed=True)
            self.tap = tap(self.far.address, marks(context.torrent), self.far.host)
            self.guide = context.start(*argv, "--connect", "%s:%d" % self.tap.address)
        else:
            self.guide = context.start(*argv, "--listen", "127.0.0.1:0")
            self.tap = tap(self.guide.listening(), marks(context.torrent), client.host)
            self.far = client(context, "rc4", seed=True, dial=self.tap.address)
        context.ends_with(self.tap.close)

    def fetch(self):
        try:
            self.fetcher.fetch(PIECES)
        except Exception as error:
            raise AssertionError(f"{error}; the guide: {self.guide.last_words()}") from error
        streams = self.fetcher.connections
        return f"{PIECES} pieces" + (f", {streams} streams (one ended: {self.fetcher.ended})" if streams > 1 else "")


def over_tcp(context, guide, client, way):
    route = Route(context, guide, client, way, Tap)
    told = route.fetch()
    connection = route.tap.busiest()
    require(connection.back.total + connection.out.total >= PIECES * 16 * BLOCK, "the pieces did not go through the tap")
    for each in route.tap.connections:
        judge(each, "rc4")
    return f"{told}, nothing in the clear"


def over_utp(context, way):
    """The guide's race: nothing accepts TCP at the tap, and libtorrent has uTP alone."""
    route = Route(context, "guide_halves", OverUtp, way, UdpTap)
    told = route.fetch()
    require(route.tap.total >= PIECES * 16 * BLOCK, "the pieces did not go through the tap")
    require(not route.tap.seen, f"in the clear: {sorted(route.tap.seen)}")
    require(any("over Utp" in line for line in route.guide.out), f"not over uTP: {route.guide.last_words()}")
    return f"{told}, nothing in the clear"


def cases(options):
    for client in tested(options):
        if client.name in CLIENTS:
            for guide in GUIDES:
                for way in ("dials", "answers"):
                    yield Case(
                        f"guides/{client.id()}-{guide}-{way}",
                        lambda c, a=(guide, client, way): over_tcp(c, *a),
                        dict(guide=f"`{guide}`, {way}", over="TCP"),
                        client,
                    )
    for way in ("dials", "answers"):
        yield Case(
            f"guides/libtorrent-guide_halves-utp-{way}",
            lambda c, a=way: over_utp(c, a),
            dict(guide=f"`guide_halves`, {way}", over="uTP"),
            Libtorrent,
        )
