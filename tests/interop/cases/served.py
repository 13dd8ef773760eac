"""`echo_server` answers a foreign initiator in every legal variation."""

import secrets
import threading

from case import Case, require
from mse import PLAINTEXT, RC4, Initiator, P, Secret, private_key, public_key
from programs import HEADER, EchoServer, handshake
from wire import Wire, pieces, random_pieces, whole

BULK = 40_000
BOTH = PLAINTEXT | RC4
REQUIRE = ("--encryption", "require")
MOST = (*REQUIRE, "--methods", "rc4,header-only")


def echo(stream, ia, count=BULK, cut=whole):
    """IA comes back first, then everything else, unchanged."""
    data = secrets.token_bytes(count)
    sender = threading.Thread(target=stream.send, args=(data, cut), daemon=True)
    sender.start()
    require(stream.recv(len(ia)) == ia, "IA came back changed")
    require(stream.recv(count) == data, "payload came back changed")
    sender.join(30)


def honest(server):
    """An ordinary peer is served to the end."""
    wire = server.dial()
    ia = handshake(server.skey)
    stream = Initiator(wire, server.skey).connect(ia=ia, pad_a=bytes(100))
    echo(stream, ia, 1000)
    wire.finish()
    require(stream.recv_rest() == b"", "bytes after the echo")


def serve(context, *options, provide=RC4, expected=RC4, ia=None, cut=whole, pads=(b"", b""), **key):
    """One handshake and one echo; the keyword arguments are the variation."""
    server = EchoServer(context, *(options or MOST))
    wire = server.dial()
    peer = Initiator(wire, server.skey, **key)
    ia = handshake(server.skey) if ia is None else ia
    stream = peer.connect(provide, pads[0], pads[1], ia, cut)
    require(peer.select == expected, f"crypto_select {peer.select:#x}, expected {expected:#x}")
    echo(stream, ia, cut=cut if cut is whole else pieces(4096))
    wire.finish()
    require(stream.recv_rest() == b"", "bytes after the echo")
    return f"PadB {len(peer.pad_b)}, PadD {len(peer.pad_d)}, crypto_select {peer.select}"


def pad_in_two_bursts(context, first, second):
    server = EchoServer(context, *MOST)
    wire = server.dial()
    peer = Initiator(wire, server.skey)
    peer.send_key(secrets.token_bytes(first))
    peer.read_key()
    ia = handshake(server.skey)
    wire.send(secrets.token_bytes(second) + peer.step3(ia=ia))
    echo(peer.read_step4(), ia)


def pad_that_begins_like_the_mark(context):
    """The tail of PadA is the head of HASH('req1', S), again and again."""
    server = EchoServer(context, *MOST)
    wire = server.dial()
    peer = Initiator(wire, server.skey)
    peer.send_key()
    peer.read_key()
    ia = handshake(server.skey)
    pad = b"".join(peer.secret.req1[:count] for count in range(20))
    wire.send(pad + peer.step3(ia=ia), pieces(3))
    echo(peer.read_step4(), ia)


def pipelined(context, provide):
    """One bit was offered, so payload may follow IA directly, in the same write."""
    server = EchoServer(context, *MOST)
    wire = server.dial()
    peer = Initiator(wire, server.skey)
    peer.send_key(b"pad")
    peer.read_key()
    ia, early = handshake(server.skey), secrets.token_bytes(3000)
    step3 = peer.step3(provide, ia=ia)
    wire.send(step3 + (early if provide == PLAINTEXT else peer.outgoing.apply(early)))
    stream = peer.read_step4(provide)
    require(stream.recv(len(ia) + len(early)) == ia + early, "IA or early payload came back changed")
    echo(stream, b"")


def half_close(context, provide):
    """Everything and FIN at once; the echo still comes whole, then the end."""
    server = EchoServer(context, *MOST)
    wire = server.dial()
    peer = Initiator(wire, server.skey)
    peer.send_key()
    peer.read_key()
    ia, early = handshake(server.skey), secrets.token_bytes(20_000)
    step3 = peer.step3(provide, ia=ia)
    wire.send(step3 + (early if provide == PLAINTEXT else peer.outgoing.apply(early)))
    wire.finish()
    stream = peer.read_step4(provide)
    require(stream.recv_rest() == ia + early, "the echo is not complete at the end")


def hundred_at_once(context):
    server = EchoServer(context, *MOST)
    failures = []

    def one(number):
        try:
            wire = Wire.dial(server.address, 50)
            peer = Initiator(wire, server.skeys[number % 2])
            ia = handshake(peer.skey)
            cut = random_pieces(20, 149) if number % 3 else whole
            provide = PLAINTEXT if number % 5 == 0 else RC4
            stream = peer.connect(provide, secrets.token_bytes(number), bytes(number), ia, cut)
            echo(stream, ia, 5000)
            wire.close()
        except Exception as error:
            failures.append(f"{number}: {type(error).__name__} {error}")

    threads = [threading.Thread(target=one, args=(n,), daemon=True) for n in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)
    require(not any(t.is_alive() for t in threads), "some were not served in time")
    require(not failures, f"{len(failures)} failed: {failures[:3]}")


def key_that_begins_with(byte):
    private = private_key()
    while public_key(private)[0] != byte:
        private += 1
    return private


def shared_secret_with_leading_zero(context):
    """S is not ours to choose as initiator: dial until it happens, about 1 in 256."""
    server = EchoServer(context, *MOST)
    private = private_key()
    public = public_key(private)
    for attempt in range(1, 6000):
        wire = Wire.dial(server.address)
        try:
            peer = Initiator(wire, server.skey, private, public)
            peer.send_key()
            peer.read_key()
            if peer.secret.bytes[0]:
                continue
            ia = handshake(server.skey)
            wire.send(peer.step3(ia=ia))
            echo(peer.read_step4(), ia, 1000)
            return f"attempt {attempt}"
        finally:
            wire.reset()
    raise AssertionError("no leading zero in 6000 attempts")


def repeated_key(context):
    """Transmission may show one key on two connections."""
    server = EchoServer(context, *MOST)
    private = private_key()
    for _ in range(2):
        ia = handshake(server.skey)
        echo(Initiator(server.dial(), server.skey, private).connect(ia=ia), ia, 1000)


def second_torrent(context):
    server = EchoServer(context, *MOST)
    ia = handshake(server.skeys[1])
    echo(Initiator(server.dial(), server.skeys[1]).connect(ia=ia), ia)


def plaintext_peer(context, encryption, cut):
    server = EchoServer(context, "--encryption", encryption)
    wire = server.dial()
    first = handshake(server.skey)
    wire.send(first, cut)
    data = secrets.token_bytes(BULK)
    sender = threading.Thread(target=wire.send, args=(data,), daemon=True)
    sender.start()
    require(wire.take(68 + BULK) == first + data, "the echo differs")
    wire.finish()
    require(wire.until_closed() == b"", "bytes after the echo")


def slow_but_in_time(context):
    """A bad line: two seconds for a handshake that has a minute."""
    server = EchoServer(context, *MOST, timeout=60)
    wire = server.dial(50)
    peer = Initiator(wire, server.skey)
    wire.send(peer.public, pieces(16), pause=0.15)
    peer.read_key()
    wire.send(peer.step3(), pieces(8), pause=0.15)
    echo(peer.read_step4(), b"")


def cases(_options):
    def case(name, function, *args, **kwargs):
        return Case(f"served/{name}", lambda context: function(context, *args, **kwargs))

    for name, cut in {
        "whole": whole,
        "bytewise": pieces(1),
        "by-7": pieces(7),
        "pieces-20-47": random_pieces(20, 47),
        "pieces-50-149": random_pieces(50, 149),
    }.items():
        yield case(f"writes-{name}", serve, cut=cut, pads=(bytes(200), bytes(200)))
    for size in (0, 1, 511, 512):
        pad = secrets.token_bytes(size)
        yield case(f"pad-a-{size}", serve, pads=(pad, b""))
        yield case(f"pad-c-{size}", serve, pads=(b"", pad))
    yield case("pad-c-512-bytewise", serve, pads=(bytes(512), bytes(512)), cut=pieces(1), ia=b"")
    for first, second in ((0, 512), (1, 511), (256, 256), (512, 0), (255, 255)):
        yield case(f"pad-a-in-two-bursts-{first}-{second}", pad_in_two_bursts, first, second)
    yield case("pad-a-begins-like-req1", pad_that_begins_like_the_mark)
    for size in (0, 1, 20, 48, 67, 68, 69, 1024, 4096):
        yield case(f"ia-{size}", serve, ia=secrets.token_bytes(size))
        yield case(f"ia-{size}-clear", serve, ia=secrets.token_bytes(size), provide=1, expected=1)
    yield case("ia-4096-bytewise", serve, ia=secrets.token_bytes(4096), cut=pieces(1))
    for provide in (PLAINTEXT, RC4):
        yield case(f"payload-after-ia-provide-{provide}", pipelined, provide)
        yield case(f"half-close-provide-{provide}", half_close, provide)
    clear_first = (*REQUIRE, "--methods", "header-only,rc4")
    yield case("select-provide-1", serve, provide=PLAINTEXT, expected=PLAINTEXT)
    yield case("select-provide-2", serve, provide=RC4, expected=RC4)
    yield case("select-provide-3", serve, provide=BOTH, expected=RC4)
    yield case("select-provide-3-clear-first", serve, *clear_first, provide=BOTH, expected=PLAINTEXT)
    for provide in (0xFFFFFFFF, 0x80000002, 0xE, 0xFFFFFFFE):
        yield case(f"unknown-bits-{provide:08x}", serve, provide=provide, expected=RC4)
    yield case("unknown-bits-and-clear", serve, provide=0xFFFFFFFD, expected=PLAINTEXT)
    yield case("key-leading-zero", serve, private=key_that_begins_with(0))
    yield case("key-begins-with-13", serve, "--encryption", "allow", private=key_that_begins_with(0x13))
    yield case("key-2", serve, private=1)
    yield case("key-P-2", serve, private=(P - 1) // 2 + 1)
    yield case("secret-leading-zero", shared_secret_with_leading_zero)
    yield case("repeated-key", repeated_key)
    yield case("second-torrent", second_torrent)
    yield case("hundred-at-once", hundred_at_once)
    yield case("slow-but-in-time", slow_but_in_time)
    for encryption in ("forbid", "allow", "prefer"):
        yield case(f"plaintext-under-{encryption}", plaintext_peer, encryption, whole)
        yield case(f"plaintext-under-{encryption}-bytewise", plaintext_peer, encryption, pieces(1))
    for encryption in ("allow", "prefer", "require"):
        yield case(f"mse-under-{encryption}", serve, "--encryption", encryption)
