"""Each client as it comes out of the box, and our default policy: what users will see.

A client learns its peer from a tracker, because some dial a peer otherwise that they were told by hand.
"""

import dataclasses

import tracker
from case import Case, require
from cases.transfer import Route
from clients import tested
from tap import judge

# They dial plaintext first; the others dial MSE. Nobody refuses MSE.
PLAINTEXT_FIRST = {"libtorrent", "rTorrent", "qBittorrent", "qBittorrent-newest", "Deluge", "Deluge-newest"}
OURS = {"dials": ("--inbound", "prefer"), "answers": ("--outbound", "prefer")}


class Announced:
    """A client that is told of its peer by a tracker."""

    def __init__(self, client):
        self.client, self.host = client, client.host

    def __call__(self, context, mode, seed, dial):
        context.tracker = tracker.of(context, dial)
        path = context.folder / "announcing.torrent"
        path.write_bytes(context.torrent.announcing(context.tracker.url))
        context.torrent = dataclasses.replace(context.torrent, path=path)
        return self.client(context, mode, seed)


def settled(context, client, way):
    far = Announced(client) if way == "dials" else client
    route = Route(context, far, client.shipped, way, way == "answers", *OURS[way])
    connection = route.wait_transferred()
    bridge = route.bridge.child
    line = next((line for line in bridge.err if " | outbound: " in line), None)
    require(line, f"the bridge reports no success: {bridge.last_words()}")
    side = {"dials": "inbound: ", "answers": "outbound: "}[way]
    mode = line.split(side)[1].split()[0]
    expected = "plaintext" if way == "dials" and client.id() in PLAINTEXT_FIRST else "rc4"
    require(mode == expected, f"{mode} instead of {expected}")
    judge(connection, mode)
    # What comes later is another attempt of a client that has what it wanted.
    until = bridge.when[line]
    starts = [each.started for each in route.tap.connections if each.started <= until]
    require(way == "dials" or len(starts) == 1, f"we dialled {len(starts)} times")
    return f"{mode}, {len(starts)} connection{'s' * (len(starts) > 1)}, {1000 * (until - starts[0]):.0f} ms"


def cases(options):
    for client in tested(options):
        for way in OURS:
            yield Case(
                f"defaults/{client.id()}-{way}",
                lambda c, a=(client, way): settled(c, *a),
                dict(default=way),
                client,
            )
