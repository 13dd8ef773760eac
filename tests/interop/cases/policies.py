"""Real clients and an `mse-bridge` whose policies have several modes in common, or none."""

import time

from case import Case, require
from cases.transfer import Route
from clients import tested
from tap import judge

# How the bridge is told -> options
DIALLED = {
    "inbound-require": ("--inbound", "require"),
    "inbound-allow": ("--inbound", "allow"),
}
ANSWERED = {
    "outbound-prefer": ("--outbound", "prefer", "--methods", "rc4"),
    "outbound-allow": ("--outbound", "allow", "--methods", "rc4"),
    "outbound-require-both": ("--outbound", "require", "--methods", "rc4,header-only"),
}
INBOUND_CLEAR = ("--inbound", "require", "--methods", "header-only")
INBOUND_RC4 = ("--inbound", "require", "--methods", "rc4")
OUTBOUND_CLEAR = ("--outbound", "require", "--methods", "header-only")
OUTBOUND_RC4 = ("--outbound", "require", "--methods", "rc4")
FORBID_IN, FORBID_OUT = ("--inbound", "forbid"), ("--outbound", "forbid")

# What each client's own mix settles on, in the order of DIALLED and ANSWERED.
DEFAULTS = {
    "libtorrent": ("rc4", "rc4", "rc4", "plaintext", "header-only"),
    "Transmission": ("rc4", "rc4", "rc4", "plaintext", "rc4"),
    "aria2": ("rc4", "rc4", "rc4", "plaintext", "header-only"),
    "rTorrent": ("rc4", "rc4", "rc4", "plaintext", "rc4"),
    # With any flag set it refuses plaintext, so we redial.
    "rTorrent-newest": ("rc4", "rc4", "rc4", "rc4", "rc4"),
    "qBittorrent": ("rc4", "rc4", "rc4", "plaintext", "rc4"),
    "Deluge": ("rc4", "rc4", "rc4", "plaintext", "rc4"),
    "WebTorrent": ("rc4", "rc4", "rc4", "plaintext", "header-only"),
}
HEADER_ONLY_ALONE = ("libtorrent", "Deluge")  # the others that can be brought to it take RC4 all the same
PLAINTEXT_ALONE = ("libtorrent", "rTorrent", "qBittorrent", "Deluge", "WebTorrent")


def mixed(context, client, mode, way, expected, *options):
    """Several modes in common: which one is used, by what the wire showed."""
    route = Route(context, client, mode, way, True, *options)
    connection = route.wait_transferred()
    seen = judge(connection, expected)
    count = len(route.tap.connections)
    return f"{expected}, {count} connection{'s' * (count > 1)}: {seen}"


def refused(context, client, mode, way, *options):
    """No mode in common: not one byte of content, and nothing of ours in the clear."""
    route = Route(context, client, mode, way, True, *options)
    said = route.bridge.child.err
    route.bridge.child.wait_line(lambda line: line.strip(), 90, said)
    # A second attempt may take another way, so watch for a while after the first ended. A bridge that
    # refuses keeps the connection for up to 40 s; most clients close before that.
    require(route.tap.wait_connection(90), "nobody dialled")
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


def mixes(client):
    outcomes = DEFAULTS.get(client.id(), DEFAULTS[client.name])
    rows = [("dials", *row) for row in DIALLED.items()] + [("answers", *row) for row in ANSWERED.items()]
    for (way, name, options), outcome in zip(rows, outcomes, strict=True):
        yield "default", way, outcome, name, options
    if client.name == "libtorrent":
        yield "plaintext", "answers", "plaintext", "outbound-prefer", ("--outbound", "prefer")
    if client.name == "WebTorrent":
        # It answers plaintext however it is set.
        yield "rc4", "answers", "plaintext", "outbound-forbid", FORBID_OUT


def refusals(client):
    yield "rc4", "answers", OUTBOUND_CLEAR
    if client.name != "WebTorrent":
        yield "rc4", "answers", FORBID_OUT
    yield "rc4", "dials", INBOUND_CLEAR
    yield "rc4", "dials", FORBID_IN
    if client.name in HEADER_ONLY_ALONE:
        yield "header-only", "answers", OUTBOUND_RC4
        yield "header-only", "dials", INBOUND_RC4
    if client.name in PLAINTEXT_ALONE:
        yield "plaintext", "answers", ("--outbound", "require")
        yield "plaintext", "dials", ("--inbound", "require")


def cases(options):
    for client in tested(options):
        for mode, way, outcome, name, told in mixes(client):
            yield Case(
                f"policies/{client.id()}-{mode}-{way}-{name}",
                lambda c, a=(client, mode, way, outcome, *told): mixed(c, *a),
                dict(far=f"{mode}, {way}", bridge=" ".join(told)),
                client,
            )
    for client in tested(options):
        for mode, way, told in refusals(client):
            policy = "-".join(word.removeprefix("--") for word in told)
            yield Case(
                f"policies/{client.id()}-refused-{mode}-{way}-{policy}",
                lambda c, a=(client, mode, way, *told): refused(c, *a),
                dict(far=f"{mode}, {way}", bridge=" ".join(told), refused=True),
                client,
            )
