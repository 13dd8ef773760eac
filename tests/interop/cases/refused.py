"""`echo_server` refuses a foreign initiator that breaks a rule, and goes on serving honest ones."""

import secrets
import time

from case import Case, require
from cases.served import MOST, REQUIRE, honest
from mse import PLAINTEXT, RC4, Initiator, P, Secret, digest, to_key
from programs import HEADER, EchoServer, handshake
from wire import Closed, TooSlow

SHORT = 4  # seconds that a server of this group gives a handshake
# Keys outside [2, P-2], and the secrets that they can lead to.
DEGENERATE = {
    "0": (0, [0]),
    "1": (1, [1]),
    "P-1": (P - 1, [1, P - 1]),
    "P": (P, [0]),
    "P+1": (P + 1, [1]),
    "ff": (256**96 - 1, [None]),
}
ANSWER = 96 + 512  # the most that a peer sees which never finished step 3


def refused(context, attack, *options, **more):
    """`attack` is followed by the end of the connection, no step 4, and a server that still serves."""
    server = EchoServer(context, *(options or MOST), timeout=SHORT)
    wire = server.dial(25)
    still_open = False
    try:
        attack(wire, server.skey, **more)
        wire.until_closed()
    except Closed:
        pass  # refused in the middle of a write
    except TooSlow:
        still_open = True
    total = wire.total_received
    require(total <= ANSWER, f"{total} bytes came back: that is more than key and pad")
    back = b"".join(data for from_us, data in wire.transcript if not from_us)
    for mark in wire.unwanted:
        require(mark not in back, "step 4 came back")
    require(not still_open, "the connection is still open")
    if "forbid" not in options:
        honest(server)
    else:
        honest_plaintext(server)
    require(server.child.running, "the server ended")
    noise = [line for line in server.child.err if "panicked" in line or "RUST_BACKTRACE" in line]
    require(not noise, f"the server panicked: {noise}")
    return f"{total} bytes back"


def honest_plaintext(server):
    wire = server.dial()
    first = handshake(server.skey)
    wire.send(first)
    require(wire.take(68) == first, "the echo differs")


def key_is(wire, skey, public, secret=None):
    """A server that accepts such a key shares a secret that everybody knows, and would go on to step 4."""
    peer = Initiator(wire, skey, public=public)
    peer.send_key(bytes(20))
    wire.take(96)
    if secret is not None:
        peer.secret = Secret(secret)
        wire.send(peer.step3())
    else:
        wire.send(secrets.token_bytes(600))


def garbage(wire, _skey, key=None, count=600):
    wire.send(secrets.token_bytes(96) + secrets.token_bytes(count))


def sized_pad(wire, skey, first, second):
    peer = Initiator(wire, skey)
    peer.send_key(secrets.token_bytes(first))
    peer.read_key()
    wire.send(secrets.token_bytes(second) + peer.step3(ia=handshake(skey)))


def zeros_for_ever(wire, skey):
    peer = Initiator(wire, skey)
    peer.send_key()
    peer.read_key()
    for _ in range(2000):
        wire.send(bytes(1024))


def step3(wire, skey, used_skey=None, edit=lambda step: step, **fields):
    peer = Initiator(wire, used_skey or skey)
    peer.send_key(b"some pad")
    peer.read_key()
    wire.send(edit(peer.step3(**fields)))


def wrong_keystream(wire, skey):
    """VC under a cipher that dropped nothing: a peer that forgot the 1024 bytes."""
    from rc4 import Rc4

    peer = Initiator(wire, skey)
    peer.send_key()
    peer.read_key()
    head = peer.step3()[:40]
    wire.send(head + Rc4(digest(b"keyA", peer.secret.bytes, skey)).apply(bytes(8) + b"\0\0\0\2" + bytes(4)))


def unpadded_secret(wire, skey):
    """HASH('req1') over something that is not the 96 bytes of S."""
    peer = Initiator(wire, skey)
    peer.send_key()
    peer.read_key()
    peer.secret.req1 = digest(b"req1", peer.secret.bytes[1:])
    wire.send(peer.step3() + bytes(512))


def plaintext(wire, skey, prefix=HEADER, tail=0):
    wire.send(prefix + bytes(8) + skey + bytes(20) + bytes(tail))


def mse(wire, skey):
    Initiator(wire, skey).send_key(bytes(100))


def trickle(context, opening, *options):
    """One byte every tenth of a second never ends the handshake; the deadline does."""
    seconds = 2
    server = EchoServer(context, *(options or MOST), timeout=seconds)
    wire = server.dial(40)
    started = time.monotonic()
    try:
        for byte in opening:
            wire.send(bytes([byte]))
            require(time.monotonic() - started < 30, "still open after 30 s of a 2 s deadline")
            if not wire.silent_for(0.1) and _ended(wire):
                break
        wire.until_closed()
    except Closed:
        pass
    took = time.monotonic() - started
    require(took > seconds * 0.75, f"closed after {took:.1f} s, before the deadline")
    require(wire.total_received <= ANSWER, "more than key and pad came back")
    honest(server)
    return f"closed after {took:.1f} s of a {seconds} s deadline"


def _ended(wire):
    if wire.received:  # its key: go on
        wire.received.clear()
        return False
    return True


def cut_off(context, how):
    """The peer goes away at every stage of the handshake."""
    server = EchoServer(context, *MOST, timeout=SHORT)
    for offset in (0, 1, 19, 20, 21, 95, 96, 97, 300, 608):
        wire = server.dial()
        wire.send(secrets.token_bytes(offset))
        getattr(wire, how)()
        if how == "finish":
            wire.until_closed()
    for offset in (1, 19, 20, 39, 40, 47, 48, 51, 52, 53, 54, 60, 153, 155, 156, 200):
        wire = server.dial()
        peer = Initiator(wire, server.skey)
        peer.send_key(bytes(10))
        peer.read_key()
        step = peer.step3(ia=handshake(server.skey), pad_c=bytes(100))
        wire.send(step[: min(offset, len(step) - 1)])
        getattr(wire, how)()
        if how == "finish":
            wire.until_closed()
            require(wire.total_received <= ANSWER, f"step 4 came for {offset} bytes of step 3")
    honest(server)
    require(server.child.running, "the server ended")


def crowd(context):
    """Many bad peers that stay do not keep a good one out."""
    server = EchoServer(context, *MOST, timeout=30)
    for number in range(60):
        wire = server.dial()
        wire.send(secrets.token_bytes(number * 5))
    honest(server)


def plaintext_at_require(context, linger):
    """Lingering would tell nobody anything: a plaintext handshake is closed at once, unless even that is to be hidden."""
    server = EchoServer(context, "--encryption", "require", linger=linger, timeout=120)
    wire = server.dial(60)
    wire.send(handshake(server.skey))
    if linger == "strict":
        require(wire.silent_for(5), "it was not held")
    else:
        require(wire.until_closed() == b"", "it was answered")
    honest(server)


def cases(_options):
    def case(name, attack, *options, **more):
        return Case(f"refused/{name}", lambda c: refused(c, attack, *options, **more))

    for name, (number, known) in DEGENERATE.items():
        for secret in known:
            what = "" if secret is None else f"-secret-{'P-1' if secret == P - 1 else secret}"
            yield case(f"key-{name}{what}", key_is, public=to_key(number), secret=secret)
    yield case("no-sync", garbage)
    yield case("no-sync-64KiB", garbage, count=65536)
    yield case("zeros-for-ever", zeros_for_ever)
    for first, second in ((513, 0), (0, 513), (512, 1), (256, 257), (1000, 0)):
        yield case(f"pad-a-{first}+{second}", sized_pad, first=first, second=second)
    yield case("unknown-skey", step3, used_skey=secrets.token_bytes(20))
    yield case("skey-mark-changed", step3, edit=lambda s: s[:39] + bytes([s[39] ^ 1]) + s[40:])
    for at in (0, 7):
        yield case(f"vc-byte-{at}", step3, vc=bytes(at) + b"\1" + bytes(7 - at))
    yield case("vc-without-drop", wrong_keystream)
    yield case("secret-unpadded", unpadded_secret)
    for provide in (0, 4, 0x80000000, 0xFFFFFFFC):
        yield case(f"provide-{provide:08x}", step3, provide=provide)
    yield Case("refused/provide-1-of-rc4-only", lambda c: refused(c, step3, *REQUIRE, provide=1))
    yield Case(
        "refused/provide-2-of-clear-only",
        lambda c: refused_of_clear_only(c),
    )
    for length in (513, 65535):
        yield case(f"pad-c-{length}", step3, pad_c=bytes(length))
        yield case(f"pad-c-{length}-announced", step3, length_c=length)
    yield case("ia-over-the-cap", step3, ia=bytes(65535))
    yield case("ia-over-the-cap-announced", step3, length_ia=65535)
    yield case("plaintext-under-require", plaintext)
    yield case("plaintext-under-require-608", plaintext, tail=600)
    yield case("mse-under-forbid", mse, "--encryption", "forbid")
    almost = HEADER[:-1] + b"L"
    allow = ("--encryption", "allow")
    yield case("almost-plaintext", plaintext, *allow, prefix=almost)
    yield case("almost-plaintext-608", plaintext, *allow, prefix=almost, tail=600)
    yield Case("refused/trickle", lambda c: trickle(c, secrets.token_bytes(600)))
    yield Case("refused/trickle-after-key", lambda c: trickle(c, secrets.token_bytes(96)))
    yield Case("refused/silent", lambda c: trickle(c, b""))
    yield Case("refused/silent-under-allow", lambda c: trickle(c, b"", *allow))
    yield Case("refused/trickle-plaintext", lambda c: trickle(c, HEADER[:19], *allow))
    yield Case("refused/gone-by-fin", lambda c: cut_off(c, "finish"))
    yield Case("refused/gone-by-rst", lambda c: cut_off(c, "reset"))
    yield Case("refused/crowd", crowd)
    for linger in ("off", "on", "strict"):
        yield Case(f"refused/plaintext-at-require-linger-{linger}", lambda c, a=linger: plaintext_at_require(c, a))


def refused_of_clear_only(context):
    """The honest peer of this server offers 0x01."""
    server = EchoServer(context, *REQUIRE, "--methods", "header-only", timeout=SHORT)
    wire = server.dial(40)
    step3(wire, server.skey, provide=RC4)
    wire.until_closed()
    require(wire.total_received <= ANSWER, "step 4 came")
    stream = Initiator(server.dial(), server.skey).connect(PLAINTEXT, ia=b"honest")
    require(stream.recv(6) == b"honest", "the echo differs")
