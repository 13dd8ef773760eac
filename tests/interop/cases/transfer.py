"""Real clients transfer a torrent through `mse-bridge`, which stands between plain and encrypted.

The far client is the one under test, on the other side of the tap; the near one is a libtorrent without MSE.
"""

from case import Case, require
from clients import tested
from clients.lt import Libtorrent
from programs import Bridge
from tap import Tap, judge, marks
from torrent import file_sha1

METHODS = {"rc4": ["--methods", "rc4"], "header-only": ["--methods", "header-only"], "plaintext": []}


class Route:
    """near libtorrent, bridge, tap and far client, in the order of dialling."""

    def __init__(self, context, client, mode, way, far_seeds, *options, cut=None):
        self.context = context
        if way == "answers":
            self.far = client(context, mode, seed=far_seeds)
            self.tap = Tap(self.far.address, marks(context.torrent), client.host, cut=cut)
            context.ends_with(self.tap.close)
            self.bridge = Bridge(context, self.tap.address, "--inbound", "forbid", *options)
            peer = self.bridge.address
            self.near = Libtorrent(context, "plaintext", seed=not far_seeds, dial=peer)
        else:
            self.near = Libtorrent(context, "plaintext", seed=not far_seeds)
            hashes = context.torrent.hashes or [context.torrent.info_hash]
            known = [word for each in hashes for word in ("--info-hash", each.hex())]
            self.bridge = Bridge(context, self.near.address, "--outbound", "forbid", *known, *options)
            self.tap = Tap(self.bridge.address, marks(context.torrent), client.host, cut=cut)
            context.ends_with(self.tap.close)
            self.far = client(context, mode, seed=far_seeds, dial=self.tap.address)
        self.fetcher = self.near if far_seeds else self.far

    def wait_transferred(self):
        try:
            self.fetcher.wait_done()
        except AssertionError as error:
            words = self.bridge.child.last_words()
            raise AssertionError(f"{error}; bridge: {words}") from error
        torrent = self.context.torrent
        require(file_sha1(self.fetcher.file) == torrent.sha1, "the file's SHA-1 differs")
        connection = self.tap.busiest()
        moved = connection.out.total + connection.back.total
        require(moved >= torrent.size, f"only {moved} bytes went through the tap")
        require(self.bridge.child.running, "the bridge ended")
        return connection


def transferred(context, client, mode, way, far_seeds):
    policy = {"answers": "--outbound", "dials": "--inbound"}[way]
    required = "require" if mode != "plaintext" else {"answers": "forbid", "dials": "allow"}[way]
    route = Route(context, client, mode, way, far_seeds, policy, required, *METHODS[mode])
    route.wait_transferred()
    seen = [judge(each, mode) for each in route.tap.connections if each.back.total > 2048]
    return seen[0]


def cases(options):
    for client in tested(options):
        for mode in ("rc4", "header-only", "plaintext"):
            for way in ("dials", "answers"):
                for part in ("seeder", "leecher"):
                    if (mode, way) in client.can:
                        yield _case(client, mode, way, part)


def _case(client, mode, way, part):
    return Case(
        f"transfer/{client.id()}-{mode}-{part}-{way}",
        lambda c: transferred(c, client, mode, way, part == "seeder"),
        dict(mode=mode, column=(way, part)),
        client,
    )
