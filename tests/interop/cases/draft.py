"""The draft method 0x04, AES-128-CTR after an RC4 handshake, against a foreign peer in both roles.

Only a program that was built with it takes `--methods aes,rc4`; otherwise all of these are skipped.
"""

import functools
import secrets
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aes
from case import Case, Skip, require
from cases.answered import check_step3, content, echo_back
from cases.served import echo
from mse import AES, RC4, Initiator, Responder
from programs import EchoClient, EchoServer, handshake
from wire import pieces, random_pieces, whole

MOST = ("--encryption", "require", "--methods", "aes,rc4")
BOTH = AES | RC4
AROUND = range(-20, 33)  # bytes from the switch: before it, on it, and across two cipher blocks
SHORT = 2000
SPECIFIED = {  # the digests that key RC4 in the specification's known answers -> the first bytes of keystream
    "f2846be7fe65b2e5dd4258f34c23b9549e9018fe": "28d7091764ddfab5b31187c83914c15b3684fb717b13fad9ab8afb3316f78ca7",
    "e4a8ecef80e300a60d5b3f36c5faee571fbfedab": "1090f2633e93655071d238bbd3dcc29f08e2ea638c5712a5699985777792e74c",
}


@functools.cache
def refusal(program):
    """What the program says against `--methods aes,rc4`, or None if it takes it."""
    # Both addresses are nonsense, so that neither program ever starts; the first nonsense is what it complains about.
    option = "--connect" if Path(program).name == "echo_client" else "--listen"
    argv = [program, *MOST, option, "nowhere"]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    return next((line for line in told.stderr.splitlines() if "aes" in line), None)


def needs(program):
    said = refusal(program)
    if said:
        raise Skip(f"{Path(program).name} does not take --methods aes,rc4: {said.strip()[:120]}")


def known_answers(_context):
    for digest, keystream in SPECIFIED.items():
        found = aes.Ctr(bytes.fromhex(digest)).apply(bytes(len(keystream) // 2)).hex()
        require(found == keystream, f"keystream of {digest}")
    return "the draft's known answers"


def two_pieces(at):
    """Cut once, `at` bytes from the beginning."""
    return lambda data: [part for part in (data[: max(at, 0)], data[max(at, 0) :]) if part]


def served(context, provide, expected, cut=whole, methods="aes,rc4"):
    needs(context.programs.echo_server)
    server = EchoServer(context, "--encryption", "require", "--methods", methods)
    wire = server.dial()
    peer = Initiator(wire, server.skey)
    ia = handshake(server.skey)
    stream = peer.connect(provide, secrets.token_bytes(77), secrets.token_bytes(99), ia, cut)
    require(peer.select == expected, f"crypto_select {peer.select:#x}, expected {expected:#x}")
    echo(stream, ia, cut=cut if cut is whole else pieces(1021))
    wire.finish()
    require(stream.recv_rest() == b"", "bytes after the echo")
    return f"crypto_select {peer.select}"


def served_cut_at_the_switch(context):
    """Offered alone, so that the payload may follow IA: one write, cut in two at every offset around the switch."""
    needs(context.programs.echo_server)
    server = EchoServer(context, *MOST)
    for around in AROUND:
        wire = server.dial()
        peer = Initiator(wire, server.skey)
        peer.send_key(b"pad")
        peer.read_key()
        ia, early = handshake(server.skey), secrets.token_bytes(SHORT)
        step3 = peer.step3(AES, b"\7" * 9, ia)
        early_stream = peer.stream(AES)
        wire.send(step3 + early_stream.seal(early), two_pieces(len(step3) + around))
        stream = peer.read_step4(AES)
        stream.seal = early_stream.seal  # goes on where the early payload ended
        require(stream.recv(len(ia) + SHORT) == ia + early, f"changed, cut at {around}")
        echo(stream, b"", SHORT)
        wire.close()
    return f"{len(AROUND)} cuts"


def answered(context, select, cut=whole, around=None):
    """The echo of IA rides along with step 4, so the switch from us is inside one write."""
    needs(context.programs.echo_client)
    client = EchoClient(context, *MOST, count=SHORT)
    wire = client.answer()
    peer = Responder(wire, [client.skey])
    peer.read_key()
    peer.send_key(secrets.token_bytes(66))
    peer.read_step3()
    check_step3(peer, BOTH)
    require(wire.silent_for(0.1), "something followed IA before step 4")
    stream = peer.stream(select)
    step4 = peer.step4(select, secrets.token_bytes(55))
    cut = cut if around is None else two_pieces(len(step4) + around)
    wire.send(step4 + stream.seal(stream.recv(68)), cut)
    echo_back(stream, client.count)
    content(client)
    return f"crypto_provide {peer.provide}, crypto_select {select}"


def answered_cut_at_the_switch(context):
    """Side by side: `echo_client` waits a little before it ends."""
    needs(context.programs.echo_client)

    def one(around):
        try:
            answered(context, AES, around=around)
        except Exception as error:
            raise AssertionError(f"cut at {around}: {type(error).__name__}: {error}") from error

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, AROUND))
    return f"{len(AROUND)} cuts"


def cases(_options):
    def case(name, function, *args, **kwargs):
        return Case(f"draft/{name}", lambda context: function(context, *args, **kwargs))

    yield Case("draft/known-answers", known_answers)
    cuts = {"whole": whole, "bytewise": pieces(1), "pieces-1-47": random_pieces(1, 47)}
    for name, cut in cuts.items():
        yield case(f"served-aes-of-both-{name}", served, BOTH, AES, cut)
        yield case(f"answered-aes-of-both-{name}", answered, AES, cut)
    yield case("served-aes-of-aes", served, AES, AES)
    yield case("served-aes-of-all-bits", served, 0xFFFFFFFF, AES)
    yield case("served-rc4-of-rc4", served, RC4, RC4)
    yield case("served-rc4-first", served, BOTH, RC4, methods="rc4,aes")
    yield case("answered-rc4-of-both", answered, RC4)
    yield case("served-cut-at-the-switch", served_cut_at_the_switch)
    yield case("answered-cut-at-the-switch", answered_cut_at_the_switch)
