"""A foreign responder answers `echo_client` in every legal variation; the client must be content."""

import secrets
import time

from case import Case, require
from mse import PLAINTEXT, RC4, P, Responder, Secret, private_key
from programs import HEADER, EchoClient
from wire import pieces, random_pieces, whole

MOST = ("--encryption", "require")


def echo_back(stream, count):
    """Return what comes as it comes, IA first."""
    left = count
    while left:
        data = stream.recv(min(left, 8192))
        stream.send(data)
        left -= len(data)


def content(client):
    """The client ends well, and said so quietly."""
    status = client.child.exit_status(40)
    require(status == 0, f"exit status {status}: {client.child.last_words()}")


def check_step3(peer, provided):
    """What this crate sends as initiator, by the rules for sending."""
    require(peer.provide == provided, f"crypto_provide {peer.provide:#x}")
    require(len(peer.ia) == 68 and peer.ia[:20] == HEADER, f"IA of {len(peer.ia)} bytes")
    require(peer.ia[28:48] == peer.skey, "IA names another torrent")
    require(not any(peer.pad_c), "PadC is not zeros")


def answer(
    context, *options, select=RC4, provided=RC4, pads=(b"", b""), cut=whole, private=None, **how
):
    """One connection of `echo_client`, served to the end."""
    client = EchoClient(context, *(options or MOST))
    wire = client.answer()
    peer = Responder(wire, [client.skey], private)
    if how.get("leading_zero"):
        # The responder knows Ya before it commits to a key, so it can choose S.
        ya = wire.take(96)
        wire.received[:0] = ya
        while Secret.agreed(peer.private, ya).bytes[0]:
            peer = Responder(wire, [client.skey])
    peer.read_key()
    head, tail = pads[0][: how.get("burst", 512)], pads[0][how.get("burst", 512) :]
    peer.send_key(head, cut)
    peer.read_step3()
    check_step3(peer, provided)
    require(wire.silent_for(0.3), "something followed IA before step 4")
    stream = peer.stream(select)
    if how.get("merged"):
        # The first payload bytes ride along with step 4.
        wire.send(tail + peer.step4(select, pads[1]) + stream.seal(stream.recv(68)), cut)
        echo_back(stream, client.count)
    else:
        wire.send(tail + peer.step4(select, pads[1]), cut)
        echo_back(stream, client.count + 68)
    content(client)
    return f"PadA {len(peer.pad_a)}, PadC {len(peer.pad_c)}, crypto_provide {peer.provide}"


def pad_that_begins_like_the_mark(context):
    """PadB is full of the first bytes of ENCRYPT(VC)."""
    client = EchoClient(context, *MOST)
    wire = client.answer()
    peer = Responder(wire, [client.skey])
    peer.read_key()
    mark = peer.secret.cipher(b"keyB", client.skey).apply(bytes(8))
    peer.send_key(b"".join(mark[:count] for count in range(8)), pieces(3))
    peer.read_step3()
    wire.send(mark[:7] + mark[:4] + peer.step4())
    echo_back(peer.stream(), client.count + 68)
    content(client)


def plaintext_answer(context, encryption):
    """The client dials in the clear: its handshake is the first thing on the wire."""
    client = EchoClient(context, "--encryption", encryption)
    wire = client.answer()
    serve_plaintext(client, wire)


def serve_plaintext(client, wire):
    first = wire.take(68)
    require(first[:20] == HEADER and first[28:48] == client.skey, "not a plaintext handshake")
    # All of it at once would be the answer of a client that dialled itself.
    wire.send(first[:48])
    time.sleep(0.2)
    wire.send(first[48:])
    left = client.count
    while left:
        data = wire.take(min(left, 8192))
        wire.send(data)
        left -= len(data)
    content(client)


def falls_back(context, how):
    """Hung up before a key came: the next connection is plaintext, the payload on it once."""
    client = EchoClient(context, "--encryption", "prefer")
    wire = client.answer()
    require(wire.take(96)[:20] != HEADER, "the first attempt is not MSE")
    getattr(wire, how)()
    wire = client.dials_again(20)
    require(wire, "no second connection")
    serve_plaintext(client, wire)


def falls_forward(context, how):
    """Under `allow` the plaintext attempt meets a peer that hangs up: MSE is next."""
    client = EchoClient(context, "--encryption", "allow")
    wire = client.answer()
    require(wire.take(68)[:20] == HEADER, "the first attempt is not plaintext")
    getattr(wire, how)()
    wire = client.dials_again(20)
    require(wire, "no second connection")
    peer = Responder(wire, [client.skey])
    stream = peer.accept((RC4,))
    require(len(peer.ia) == 68, f"IA of {len(peer.ia)} bytes")
    echo_back(stream, client.count + 68)
    content(client)


def key_that_begins_with_zero():
    private = private_key()
    while Responder(None, [], private).public[0]:
        private += 1
    return private


def cases(_options):
    def case(name, function, *args, **kwargs):
        return Case(f"answered/{name}", lambda context: function(context, *args, **kwargs))

    for name, cut in {
        "whole": whole,
        "bytewise": pieces(1),
        "pieces-20-47": random_pieces(20, 47),
        "pieces-50-149": random_pieces(50, 149),
    }.items():
        yield case(f"writes-{name}", answer, cut=cut, pads=(bytes(200), bytes(200)))
    for size in (0, 1, 511, 512):
        pad = secrets.token_bytes(size)
        yield case(f"pad-b-{size}", answer, pads=(pad, b""))
        yield case(f"pad-d-{size}", answer, pads=(b"", pad))
        yield case(f"pad-d-{size}-merged", answer, pads=(b"", pad), merged=True)
    for burst in (0, 1, 256, 511):
        pad = secrets.token_bytes(512)
        yield case(f"pad-b-in-two-bursts-{burst}", answer, pads=(pad, bytes(9)), burst=burst)
    yield case("pad-b-begins-like-vc", pad_that_begins_like_the_mark)
    clear = (*MOST, "--methods", "header-only")
    both = (*MOST, "--methods", "rc4,header-only")
    yield case("clear-of-clear", answer, *clear, select=PLAINTEXT, provided=PLAINTEXT)
    yield case("clear-of-both", answer, *both, select=PLAINTEXT, provided=3)
    yield case("rc4-of-both", answer, *both, select=RC4, provided=3)
    for select in (PLAINTEXT, RC4):
        pads = (bytes(50), bytes(50))
        yield case(f"merged-select-{select}", answer, *both, select=select, provided=3, merged=True)
        yield case(
            f"merged-bytewise-select-{select}",
            *(answer, *both),
            **dict(select=select, provided=3, merged=True, cut=pieces(1), pads=pads),
        )
    yield case("key-leading-zero", answer, private=key_that_begins_with_zero())
    yield case("key-2", answer, private=1)
    yield case("key-P-2", answer, private=(P - 1) // 2 + 1)
    yield case("secret-leading-zero", answer, leading_zero=True)
    yield case("secret-leading-zero-bytewise", answer, leading_zero=True, cut=pieces(1))
    yield case("mse-under-prefer", answer, "--encryption", "prefer")
    for encryption in ("forbid", "allow"):
        yield case(f"plaintext-under-{encryption}", plaintext_answer, encryption)
    for how in ("close", "reset"):
        yield case(f"falls-back-after-{how}", falls_back, how)
        yield case(f"falls-forward-after-{how}", falls_forward, how)
