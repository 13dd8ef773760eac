"""A real client dials, and is answered with a key that begins with zero, or that makes S begin with zero. Or it is dialled
until S begins with zero.

Both happen by chance once in 256 handshakes, and a client that drops the zero hashes something else.
"""

import socket
import time

from case import Case, require
from cases.answered import key_that_begins_with_zero
from clients import tested
from mse import P, RC4, Initiator, Responder, private_key
from programs import HEADER, handshake
from wire import Closed, TooSlow, Wire


def private_key_for_zero(key):
    """The responder knows the initiator's key before it commits to its own, so it can choose S."""
    private, number = private_key(), int.from_bytes(key, "big")
    secret = pow(number, private, P)
    while secret >> 8 * 95:
        private, secret = private + 1, secret * number % P
    return private


def answered(context, client, what):
    listener = socket.create_server((client.host, 0))
    context.ends_with(listener.close)
    listener.settimeout(120)
    client(context, "rc4", dial=listener.getsockname())
    wire = Wire(listener.accept()[0], 40)
    context.ends_with(wire.close)
    skey = context.torrent.info_hash
    if what == "secret":
        key = wire.take(96)
        wire.received[:0] = key
        private = private_key_for_zero(key)
    else:
        private = key_that_begins_with_zero()
    peer = Responder(wire, [skey], private)
    try:
        stream = peer.accept((RC4,))
        stream.send(HEADER + bytes(8) + skey + b"-TM0000-" + bytes(12))
        first = stream.recv(68)
        require(first[:20] == HEADER and first[28:48] == skey, "not its handshake")
    except (Closed, TooSlow, ValueError) as error:
        # What is known of a client must stay true: were it mended, the second tries would hide something.
        require(what == "secret" and client.drops_zeros, f"{type(error).__name__}: {error}")
        return f"known: {client.name} {client.version()} drops the zero, and fails"
    require(what == "key" or not client.drops_zeros, "it no longer fails: take back what is known of it")
    return "copes"


def dialled(context, client):
    """It chooses its key after ours, so that this takes 256 connections on average."""
    peer = client(context, "rc4", seed=True)
    skey = context.torrent.info_hash
    for _ in range(6000):
        wire = Wire.dial(peer.address, 20)
        try:
            initiator = Initiator(wire, skey)
            try:
                initiator.send_key()
                initiator.read_key()
            except Closed:
                time.sleep(0.1)  # it is at its limit until it has seen that the earlier connections ended
                continue
            if not initiator.secret.bytes[0]:
                return secret_of_zero(client, wire, initiator)
        finally:
            wire.close()
    raise AssertionError("no S began with zero")


def secret_of_zero(client, wire, initiator):
    try:
        wire.send(initiator.step3(RC4, ia=handshake(initiator.skey)))
        require(initiator.read_step4(RC4).recv(68)[:20] == HEADER, "not its handshake")
    except (Closed, TooSlow, ValueError) as error:
        require(client.drops_zeros_answering, f"{type(error).__name__}: {error}")
        return f"known: {client.name} {client.version()} drops the zero, and fails"
    require(not client.drops_zeros_answering, "it no longer fails: take back what is known of it")
    return "copes"


def cases(options):
    for client in tested(options):
        for what in ("key", "secret"):
            yield Case(
                f"zeros/{client.id()}-{what}",
                lambda c, a=(client, what): answered(c, *a),
                dict(zero=what),
                client,
            )
        # Only libtorrent is known to differ by role.
        if client.name in ("libtorrent", "qBittorrent", "Deluge"):
            yield Case(f"zeros/{client.id()}-dialled", lambda c, a=client: dialled(c, a), dict(zero="dialled"), client)
