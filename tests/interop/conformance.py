#!/usr/bin/env python3
"""`mse-probe check` against real clients, each as listener and as dialler.

    cargo build -p mse-tools
    tests/interop/conformance.py --probe target/debug/mse-probe --only aria2 --only rTorrent

Prints each report. A rule that a client breaks is a finding, not a failure, so the exit status says nothing about it.
"""

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import namespace
import torrent
from case import Context
from clients import CLIENTS, NEWEST
from clients.client import SID
from clients.rtorrent import RTorrent
from ports import free_port
from run import program
from tracker import COMMON, Tracker, packed

IDLE = 20  # seconds without a finding, after which a client that dials is started anew


class ManyAddresses(Tracker):
    """Names one listener by another address at each announce: a client does not soon dial again where it has failed."""

    def __init__(self, port):
        super().__init__()
        network = namespace.HOST.rsplit(".", 1)[0]
        self.addresses = ((f"{network}.{host}", port) for host in itertools.cycle(range(2, 255)))

    def answer(self, _address, _query):
        return COMMON | {"peers": packed(next(self.addresses))}


def listens(client, mode, context, options):
    """The client is dialled."""
    address = "%s:%d" % client(context, mode, seed=True).address
    arguments = ["--connect", address, "--dials", options.dials]
    probe = context.start(options.probe, "check", *arguments, *common(context, options))
    for line in found(probe, 3600):
        print(line, flush=True)


def dials(client, mode, context, options):
    """The client dials, as often as the check wants."""
    port = free_port("0.0.0.0")
    arguments = ["--listen", f"0.0.0.0:{port}", "--wait", 4 * IDLE]
    probe = context.start(options.probe, "check", *arguments, *common(context, options))
    probe.listening()
    addresses = ManyAddresses(port)
    context.ends_with(addresses.close)
    told = 1
    while probe.running:
        inner = Context(SimpleNamespace(), context.torrent)
        inner.tracker = addresses
        try:
            running = client(inner, mode, seed=options.seeds, dial=next(addresses.addresses))
            # rTorrent announces once in ten minutes at most.
            again = (lambda one=running: one.add_peer(next(addresses.addresses))) if issubclass(client, RTorrent) else None
            for line in found(probe, IDLE, told, again):
                print(line, flush=True)
                told += 1
        finally:
            inner.end()
    # It may have ended while no client ran.
    for line in found(probe, IDLE, told):
        print(line, flush=True)


def found(probe, idle, told=0, meanwhile=None):
    """The lines that the check prints, after the first `told`. Ends if nothing has come for a while: no connection is under
    way then, so the client may be ended."""
    changed = time.monotonic()
    while time.monotonic() - changed < idle:
        if not probe.running:
            probe.exit_status(5)
            yield from probe.out[told:]
            return
        if len(probe.out) > told:
            changed = time.monotonic()
            yield probe.out[told]
            told += 1
            continue
        if meanwhile:
            meanwhile()
        time.sleep(1)


def common(context, options):
    return ["--info-hash", context.torrent.info_hash.hex(), "--timeout", options.timeout]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", type=program, required=True, help="an mse-probe")
    parser.add_argument("--only", action="append", metavar="CLIENT", help="may be repeated; default: all that are installed")
    parser.add_argument("--role", choices=["listens", "dials"], help="default: both")
    parser.add_argument("--mode", default="default", help="how the client is set, as in clients/; default: as it is shipped")
    parser.add_argument("--dials", default=2048, type=int, help="for a secret that begins with zero; 0 leaves that out")
    parser.add_argument("--seeds", action="store_true", help="a client that dials is a seed, so that it can be made to send much")
    parser.add_argument("--timeout", default=3.0, type=float, help="how long the check waits at each step, in seconds")
    parser.add_argument("--newest", action="store_true", help="the clients of Debian sid instead (install.sh --newest)")
    return parser.parse_args()


def main():
    options = arguments()
    namespace.enter(SID if options.newest else None)
    roles = {"listens": listens, "dials": dials}
    roles = {options.role: roles[options.role]} if options.role else roles
    clients = [client for client in (NEWEST if options.newest else CLIENTS) if not client.missing()]
    wanted = [client for client in clients if not options.only or client.name in options.only]
    with tempfile.TemporaryDirectory(prefix="interop-") as folder:
        # rTorrent takes a peer of a private torrent from nobody but the tracker.
        content = torrent.make(Path(folder), private=0)
        for client, (role, check) in itertools.product(wanted, roles.items()):
            context = Context(SimpleNamespace(), content)
            print(f"== {client.name} {client.version()} {role}, {options.mode}", flush=True)
            try:
                check(client, options.mode, context, options)
            finally:
                context.end()


if __name__ == "__main__":
    sys.exit(main())
