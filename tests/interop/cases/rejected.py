"""`echo_client` rejects a foreign responder that breaks a rule: exit status 1, one line, no redial."""

import secrets

from case import Case, require
from cases.answered import echo_back
from cases.refused import DEGENERATE
from mse import PLAINTEXT, RC4, P, Responder, Secret, to_key
from programs import HEADER, EchoClient
from wire import Closed

SHORT = 4


def rejected(context, attack, *options, encryption="prefer", redials=False, **more):
    """The attack meets the first connection; the client must give up by itself."""
    client = EchoClient(context, "--encryption", encryption, *options, timeout=SHORT)
    wire = client.answer(40)
    try:
        attack(client, wire, **more)
        wire.until_closed()
    except Closed:
        pass
    wire.close()
    if redials:
        again = client.dials_again(20)
        require(again, "did not redial")
        again.close()
    status = client.child.exit_status(30)
    require(not client.dials_again(0.05), "redialled once too often")
    words = [line for line in client.child.err if line.strip()]
    require(status == 1, f"exit status {status}: {client.child.last_words()}")
    require(len(words) == 1, f"{len(words)} lines on stderr: {words}")
    require("panicked" not in words[0], f"panicked: {words}")
    return words[0]


def key_is(client, wire, public, secret=None):
    """Goes on with the secret that everybody knows: a client that took the key would be content."""
    wire.take(96)
    peer = Responder(wire, [client.skey], public=public)
    peer.send_key(bytes(60))
    if secret is None:
        wire.send(secrets.token_bytes(600))
        return
    peer.secret = Secret(secret)
    peer.read_step3()
    finish(client, wire, peer)


def step4(client, wire, **fields):
    peer = Responder(wire, [client.skey])
    peer.read_key()
    peer.send_key(b"a pad")
    peer.read_step3()
    finish(client, wire, peer, **fields)


def finish(client, wire, peer, before=b"", **fields):
    """Go on as if nothing were wrong: a client that is content with it ends with 0, and is found out."""
    wire.send(before + peer.step4(**fields))
    echo_back(peer.stream(PLAINTEXT if fields.get("select") == PLAINTEXT else RC4), client.count + 68)


def long_pad(client, wire, first, second):
    peer = Responder(wire, [client.skey])
    peer.read_key()
    peer.send_key(secrets.token_bytes(first))
    peer.read_step3()
    finish(client, wire, peer, secrets.token_bytes(second))


def no_vc(client, wire, count):
    peer = Responder(wire, [client.skey])
    peer.read_key()
    peer.send_key(secrets.token_bytes(count))


def cut_step4(client, wire, count):
    peer = Responder(wire, [client.skey])
    peer.read_key()
    peer.send_key()
    peer.read_step3()
    wire.send(peer.step4(pad_d=bytes(20))[:count])
    wire.finish()


def key_then_silence(client, wire):
    peer = Responder(wire, [client.skey])
    peer.read_key()
    peer.send_key(bytes(30))


def part_of_key(_client, wire, count):
    wire.take(96)
    wire.send(secrets.token_bytes(count))
    wire.finish()


def silence(_client, _wire):
    pass


def hang_up(_client, wire):
    wire.take(96)
    wire.finish()


def other_torrent(client, wire):
    """A responder that keyed its cipher with another SKEY."""
    peer = Responder(wire, [client.skey])
    peer.read_key()
    peer.send_key()
    peer.read_step3()
    peer.outgoing = peer.secret.cipher(b"keyB", bytes(20))
    wire.send(peer.step4() + secrets.token_bytes(700))


def cases(_options):
    def case(name, attack, *options, **more):
        return Case(f"rejected/{name}", lambda c: rejected(c, attack, *options, **more))

    for name, (number, known) in DEGENERATE.items():
        for secret in known:
            what = "" if secret is None else f"-secret-{'P-1' if secret == P - 1 else secret}"
            yield case(f"key-{name}{what}", key_is, public=to_key(number), secret=secret)
    for select in (0, PLAINTEXT, 3, 4, 6, 0x80000002, 0x02000000):
        yield case(f"select-{select:08x}-of-2", step4, "--methods", "rc4", select=select)
    yield case("select-rc4-of-1", step4, "--methods", "header-only", select=RC4)
    yield case("select-3-of-3", step4, "--methods", "rc4,header-only", select=3)
    for length in (513, 65535):
        yield case(f"pad-d-{length}", step4, pad_d=bytes(length))
        yield case(f"pad-d-{length}-announced", step4, length_d=length)
    yield case("vc-changed", step4, vc=bytes(7) + b"\1", pad_d=bytes(512))
    for first, second in ((513, 0), (0, 513), (500, 13), (1000, 0)):
        yield case(f"pad-b-{first}+{second}", long_pad, first=first, second=second)
    yield case("no-vc-600", no_vc, count=600)
    yield case("no-vc-64KiB", no_vc, count=65536)
    yield case("wrong-skey", other_torrent)
    for count in (0, 1, 8, 12, 14, 33):
        yield case(f"end-in-step-4-at-{count}", cut_step4, count=count)
    yield case("silent-after-key", key_then_silence)
    yield case("hang-up-under-require", hang_up, encryption="require")
    yield case("hang-up-under-prefer", hang_up, encryption="prefer", redials=True)
    yield case("part-of-key-under-require", part_of_key, encryption="require", count=95)
    yield case("silence-under-require", silence, encryption="require")
    yield case("plaintext-answer-under-require", plaintext_answer, encryption="require")


def plaintext_answer(client, wire):
    """A peer without MSE answers a key with its own handshake and hangs up."""
    wire.take(96)
    wire.send(HEADER + bytes(8) + client.skey + bytes(20))
    wire.finish()
