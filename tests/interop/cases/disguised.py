"""Real clients transfer a torrent through an `mse-bridge` that disguises its handshakes.

That a client copes says something only if there was a disguise: the tap looks for it.
"""

import re

import torrent
from case import Case, require
from cases.transfer import Route
from clients import tested
from tap import judge
from wire import random_pieces

SIZE = 2 * torrent.MIB
PIECES = (20, 47)


def printable(data):
    return sum(0x20 <= byte <= 0x7E for byte in data)


def printable_start(data):
    return printable(data[:6]) == 6


def mostly_printable(data):
    return 2 * printable(data) > len(data)


def skewed_bits(data):
    ones = int.from_bytes(data).bit_count()
    return not 3.4 * len(data) <= ones <= 4.6 * len(data)


def printable_run(data):
    return re.search(rb"[ -~]{21}", data) is not None


# Option and way -> in pieces?, and the properties of the first segment, one of which it must have. A dialler under `full`
# searches for a key, an acceptor never does.
IN_A_PAD = [mostly_printable, skewed_bits, printable_run]
LOOKS = {
    ("exempt", "answers"): (False, IN_A_PAD),
    ("exempt", "dials"): (False, IN_A_PAD),
    ("full", "answers"): (True, [printable_start]),
    ("full", "dials"): (True, []),
}


def disguised(context, client, look, way):
    in_pieces, properties = LOOKS[look, way]
    context.torrent = torrent.make(context.folder / "content", SIZE)
    policy = {"answers": "--outbound", "dials": "--inbound"}[way]
    options = (policy, "require", "--methods", "rc4", "--disguise", look)
    # The tap reads several pieces at once; cut again, they are what the client receives.
    cut = random_pieces(*PIECES) if in_pieces else None
    route = Route(context, client, "rc4", way, way == "answers", *options, cut=cut)
    connection = route.wait_transferred()
    seen = [judge(each, "rc4") for each in route.tap.connections]
    ours = connection.out if way == "answers" else connection.back
    return f"{seen[0]}; {look_of(ours, in_pieces, properties)}"


def look_of(ours, in_pieces, properties):
    """Raise unless our first flight looks as it should; otherwise say what it looked like."""
    segments = ours.segments
    if in_pieces:
        # 96 bytes of key, 47 at most in each.
        require(segments >= 3, f"our key came in {segments} segments")
        firsts = [ours.head[:length] for length in range(PIECES[0], PIECES[1] + 1)]
    else:
        require(segments == 1, f"our key came in {segments} segments")
        firsts = [ours.opening]
    found = [p.__name__ for p in properties if any(p(first) for first in firsts)]
    require(found or not properties, f"our first segment, {ours.opening.hex()}, has no property")
    return f"key in {segments} segment(s), {' and '.join(found) or 'no property'}"


def cases(options):
    for look, way in LOOKS:
        for client in tested(options):
            yield Case(
                f"disguised/{look}-{client.id()}-{way}",
                lambda c, a=(client, look, way): disguised(c, *a),
                dict(disguise=look, way=way),
                client,
            )
