"""The crate's own example programs, as the cases start them."""

import secrets
import socket

from wire import Wire

HEADER = b"\x13BitTorrent protocol"


def handshake(info_hash):
    """A complete BitTorrent handshake, 68 bytes."""
    return HEADER + bytes(8) + info_hash + b"-TM0000-" + secrets.token_bytes(12)


class EchoServer:
    """`echo_server`, serving two torrents."""

    def __init__(self, context, *options, timeout=20, linger="off"):
        self.context = context
        self.skeys = [secrets.token_bytes(20) for _ in range(2)]
        argv = [context.programs.echo_server, "--listen", "127.0.0.1:0", "--timeout", str(timeout)]
        for skey in self.skeys:
            argv += ["--info-hash", skey.hex()]
        argv += ["--linger", linger]
        self.child = context.start(*argv, *options)
        self.address = self.child.listening()

    @property
    def skey(self):
        return self.skeys[0]

    def dial(self, timeout=30.0):
        wire = Wire.dial(self.address, timeout)
        self.context.ends_with(wire.close)
        return wire


class EchoClient:
    """`echo_client`, dialling a listener of ours."""

    def __init__(self, context, *options, count=50_000, timeout=20):
        self.context = context
        self.skey = secrets.token_bytes(20)
        self.count = count
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        context.ends_with(self.listener.close)
        argv = [context.programs.echo_client, "--connect", "%s:%d" % self.listener.getsockname()]
        argv += ["--info-hash", self.skey.hex(), "--bytes", str(count), "--timeout", str(timeout)]
        self.child = context.start(*argv, *options)

    def answer(self, timeout=30.0):
        wire = Wire(self.listener.accept()[0], timeout)
        self.context.ends_with(wire.close)
        return wire

    def dials_again(self, seconds):
        """The next connection, or None if none comes within that time."""
        self.listener.settimeout(seconds)
        try:
            return self.answer()
        except TimeoutError:
            return None


class Bridge:
    def __init__(self, context, target, *options):
        argv = [context.programs.bridge, "--listen", "127.0.0.1:0", "--connect", "%s:%d" % target]
        self.child = context.start(*argv, *options)
        self.address = self.child.listening()
