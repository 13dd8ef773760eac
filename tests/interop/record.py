#!/usr/bin/env python3
"""Stores complete handshakes of the real clients against fixed keys and pads of ours, as JSON.

One file for each client, version, role and mode. With our private key, our pads and our payload, which are in it, they
can be replayed byte for byte.
"""

import argparse
import json
import socket
import sys
import tempfile
from hashlib import sha1
from pathlib import Path

import case
import namespace
import torrent
from clients import CLIENTS
from mse import PLAINTEXT, RC4, Initiator, Responder
from programs import HEADER
from wire import Wire

FOLDER = Path(__file__).resolve().parents[1] / "vectors" / "recorded"
METHODS = {"rc4": ("rc4",), "header-only": ("header-only",), "default": ("rc4", "header-only")}
BITS = {"rc4": RC4, "header-only": PLAINTEXT}


class Ours:
    """What would be random on our side, made from the name of the recording."""

    def __init__(self, name, skey):
        self.private_key = int.from_bytes(sha1(f"{name} key".encode()).digest())
        stream = b"".join(sha1(f"{name} pad {n}".encode()).digest() for n in range(20))
        self.with_key = stream[: 100 + stream[0]]
        self.before_sync = stream[-(1 + stream[1] % 128) :]
        self.negotiated = bytes(stream[2])
        peer_id = b"-TM0000-" + sha1(name.encode()).digest()[:12]
        self.payload = HEADER + bytes(8) + skey + peer_id


def client_answers(context, client, mode, ours, methods):
    peer_address = client(context, mode, seed=True).address
    wire = Wire.dial(peer_address)
    context.ends_with(wire.close)
    skey = context.torrent.info_hash
    peer = Initiator(wire, skey, ours.private_key)
    provide = sum(BITS[method] for method in methods)
    peer.send_key(ours.with_key)
    peer.read_key()
    wire.send(ours.before_sync + peer.step3(provide, ours.negotiated, ours.payload))
    stream = peer.read_step4(provide)
    facts = {"crypto_select": peer.select, "pad_b_len": len(peer.pad_b), "pad_d": peer.pad_d.hex()}
    return wire, peer, facts, payload_of(stream, skey)


def client_dials(context, client, mode, ours, methods):
    listener = socket.create_server((client.host, 0))
    context.ends_with(listener.close)
    listener.settimeout(120)
    client(context, mode, dial=listener.getsockname())
    wire = Wire(listener.accept()[0])
    context.ends_with(wire.close)
    skey = context.torrent.info_hash
    peer = Responder(wire, [skey], ours.private_key)
    peer.read_key()
    peer.send_key(ours.with_key)
    peer.read_step3()
    select = peer.choose([BITS[method] for method in methods])
    stream = peer.stream(select)
    step4 = peer.step4(select, ours.negotiated)
    wire.send(ours.before_sync + step4 + stream.seal(ours.payload))
    facts = {"crypto_provide": peer.provide, "crypto_select": select, "pad_a_len": len(peer.pad_a)}
    facts |= {"pad_c": peer.pad_c.hex(), "ia": peer.ia.hex()}
    return wire, peer, facts, payload_of(stream, skey)


def payload_of(stream, skey):
    """All that came of the peer's stream, at least its BitTorrent handshake."""
    first = stream.recv(68)
    case.require(first[:20] == HEADER and first[28:48] == skey, "not the client's handshake")
    rest = stream.open(bytes(stream.wire.received))
    stream.wire.received.clear()
    return first + rest


def record(context, client, way, mode):
    name = f"{client.name}-{client.version()}-{way}-{mode}".lower()
    ours = Ours(name, context.torrent.info_hash)
    run = client_answers if way == "answers" else client_dials
    wire, peer, facts, payload = run(context, client, mode, ours, METHODS[mode])
    roles = ("responder", "initiator") if way == "answers" else ("initiator", "responder")
    body = {
        "meaning": "A complete handshake of a real client, recorded against fixed randomness of ours."
        " `events` are the writes and reads in order; `peer_payload` is the clear stream behind them.",
        "client": client.name,
        "version": client.version(),
        "client_role": roles[0],
        "our_role": roles[1],
        "mode": mode,
        "our_methods": METHODS[mode],
        "info_hash": context.torrent.info_hash.hex(),
        "our_private_key": ours.private_key.to_bytes(20, "big").hex(),
        "our_public_key": peer.public.hex(),
        "our_pad_with_key": ours.with_key.hex(),
        "our_pad_before_sync": ours.before_sync.hex(),
        "our_negotiated_pad_len": len(ours.negotiated),
        "our_initial_payload": ours.payload.hex(),
        "shared_secret": peer.secret.bytes.hex(),
        **facts,
        "peer_payload": payload.hex(),
        "events": [
            {"from": "us" if from_us else "peer", "bytes": data.hex()}
            for from_us, data in wire.transcript
        ],
    }
    return name, json.dumps(body, indent=2) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--client", action="append", help="by name; without it, all of them")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    namespace.enter()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="interop-") as folder:
        content = torrent.make(Path(folder), size=torrent.MIB)
        for client in CLIENTS:
            if options.client and client.name not in options.client:
                continue
            for way in ("dials", "answers"):
                for mode in METHODS:
                    if (mode, way) not in client.can:
                        continue

                    def one(context, what=(client, way, mode)):
                        name, text = record(context, *what)
                        (options.folder / f"{name}.json").write_text(text)
                        return name

                    each = case.Case(f"record/{client.name}-{way}-{mode}", one)
                    result = case.run(each, None, content)
                    failed += not result.passed
                    print(f"{result.status:4}", each.name, result.detail, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
