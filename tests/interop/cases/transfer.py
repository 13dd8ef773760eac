"""Real clients transfer a torrent through `bridge`, which stands between plain and encrypted.

The far client is the one under test, behind the tap; the near one is a libtorrent without MSE.
"""

import time

from case import Case, require
from clients import CLIENTS
from clients.lt import Libtorrent
from programs import Bridge
from tap import Tap, judge, marks
from torrent import file_sha1

METHODS = {"rc4": ["--methods", "rc4"], "header-only": ["--methods", "plaintext"], "plaintext": []}


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
            known = ["--info-hash", context.torrent.info_hash.hex()]
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


def mixed(context, client, mode, way, expected, *options):
    """Policies that leave a choice: what they settle on, by what the wire showed."""
    route = Route(context, client, mode, way, True, *options)
    connection = route.wait_transferred()
    attempts = len(route.tap.connections)
    return f"{expected}: {judge(connection, expected)}, {attempts} connections"


def refused(context, client, mode, way, *options):
    """Policies that cannot meet: not one byte of content, and nothing of ours in the clear."""
    route = Route(context, client, mode, way, True, *options)
    said = route.bridge.child.err
    route.bridge.child.wait_line(lambda line: line.strip(), 40, said)
    # A second attempt may take another way, so watch for a while after the first ended. A bridge that
    # refuses keeps the connection for up to 40 s; most clients leave before that.
    require(route.tap.wait_connection(20), "nobody dialled")
    route.tap.connections[0].ended.wait(40)
    time.sleep(3)
    require("done" not in route.fetcher.child.out, "the torrent was transferred all the same")
    for connection in route.tap.connections:
        for direction in (connection.out, connection.back):
            require(not any(n.startswith("content") for n in direction.seen), "content passed")
        if "forbid" not in options:
            ours = connection.out if way == "answers" else connection.back
            require(not ours.seen, f"the bridge showed {sorted(ours.seen)} in the clear")
    require(route.bridge.child.running, "the bridge ended")
    return said[0][:160]


def cases(_options):
    for client in CLIENTS:
        for mode in ("rc4", "header-only", "plaintext"):
            for way in ("dials", "answers"):
                for part in ("seeder", "leecher"):
                    if (mode, way) in client.can:
                        yield _case(client, mode, way, part)
    yield from _choices()
    yield from _refusals()


def _case(client, mode, way, part):
    return Case(
        f"transfer/{client.name}-{mode}-{part}-{way}",
        lambda c: transferred(c, client, mode, way, part == "seeder"),
        dict(client=client, mode=mode, column=(way, part)),
    )


def _choices():
    dialled = {"require": ("--inbound", "require"), "allow": ("--inbound", "allow")}
    answered = {
        "prefer": ("--outbound", "prefer", "--methods", "rc4"),
        "require-both": ("--outbound", "require", "--methods", "rc4,plaintext"),
    }
    expected = {
        "libtorrent": ("rc4", "rc4", "rc4", "header-only"),
        "Transmission": ("rc4", "rc4", "rc4", "rc4"),
        "aria2": ("rc4", "rc4", "rc4", "header-only"),
    }
    for client in CLIENTS:
        rows = [("dials", *row) for row in dialled.items()]
        rows += [("answers", *row) for row in answered.items()]
        for (way, name, options), outcome in zip(rows, expected[client.name], strict=True):
            yield _choice(client, "default", way, outcome, f"default-{way}-bridge-{name}", options)
    prefer = ("--outbound", "prefer")
    yield _choice(Libtorrent, "plaintext", "answers", "plaintext", "fallback-bridge-prefer", prefer)


def _choice(client, mode, way, expected, name, options):
    return Case(
        f"transfer/{client.name}-{name}",
        lambda c: mixed(c, client, mode, way, expected, *options),
        dict(client=client, far=f"{mode}, {way}", bridge=" ".join(options)),
    )


def _refusals():
    for client in CLIENTS:
        rows = [
            ("rc4", "answers", ("--outbound", "require", "--methods", "plaintext")),
            ("rc4", "answers", ("--outbound", "forbid")),
            ("rc4", "dials", ("--inbound", "require", "--methods", "plaintext")),
            ("rc4", "dials", ("--inbound", "forbid")),
        ]
        if client is Libtorrent:
            rows += [
                ("header-only", "answers", ("--outbound", "require", "--methods", "rc4")),
                ("header-only", "dials", ("--inbound", "require", "--methods", "rc4")),
                ("plaintext", "answers", ("--outbound", "require")),
                ("plaintext", "dials", ("--inbound", "require")),
            ]
        for mode, way, options in rows:
            policy = "-".join(word.removeprefix("--") for word in options)
            yield Case(
                f"transfer/{client.name}-refused-{mode}-{way}-{policy}",
                lambda c, a=(client, mode, way, *options): refused(c, *a),
                dict(client=client, far=f"{mode}, {way}", bridge=" ".join(options), refused=True),
            )
