"""rTorrent, driven by its configuration file and its XML-RPC over a local SCGI socket."""

import re
import shutil
import socket
import time
import xmlrpc.client

import tracker
from clients.client import Client
from ports import free_port

MODES = {
    "rc4": "allow_incoming,try_outgoing,require,require_RC4",
    # Offers both and takes what it is offered; the bridge's own list makes it header-only.
    "header-only": "allow_incoming,try_outgoing,require,prefer_plaintext",
    "plaintext": "none",
    # What its own documentation recommends, and most configurations copy.
    "default": "allow_incoming,try_outgoing,enable_retry",
    "shipped": None,
}
SETTINGS = """
system.daemon.set = true
network.bind_address.set = {host}
network.port_range.set = {port}-{port}
network.port_random.set = no
network.scgi.open_local = {scgi}
{encryption}
protocol.pex.set = no
dht.mode.set = disable
trackers.use_udp.set = no
session.path.set = {session}
directory.default.set = {folder}
load.start = {metainfo}
"""


class RTorrent(Client):
    name = "rTorrent"
    host = "127.0.0.1"
    program = "rtorrent"
    shipped = "shipped"
    drops_zeros = True  # from S, and 0.16.17 still does: one handshake in 256 fails
    can = {(mode, way) for mode in MODES for way in ("dials", "answers")}

    @classmethod
    def version(cls):
        return re.search(r"version (\d[\d.]*\d)", cls.told("-h")).group(1)

    def __init__(self, context, mode, seed=False, dial=None):
        torrent = context.torrent
        self.folder = context.folder / "rtorrent"
        session = context.folder / "rtorrent-session"
        for folder in (self.folder, session):
            folder.mkdir()
        self.file = self.folder / torrent.name
        if seed:
            shutil.copyfile(torrent.content, self.file)
        announce = tracker.of(context, dial).url
        metainfo = context.folder / "rtorrent.torrent"
        metainfo.write_bytes(torrent.announcing(announce))
        self.address = (self.host, free_port(self.host))
        self._scgi = context.folder / "rtorrent.scgi"
        settings = context.folder / "rtorrent.rc"
        settings.write_text(
            SETTINGS.format(
                host=self.host,
                port=self.address[1],
                scgi=self._scgi,
                encryption=f"protocol.encryption.set = {MODES[mode]}" if MODES[mode] else "",
                session=session,
                folder=self.folder,
                metainfo=metainfo,
            )
        )
        self._hash = torrent.info_hash.hex().upper()
        self.child = context.start(*self.command("-n", "-o", f"import={settings}"))
        if seed:
            self.wait_done()
        else:
            self._wait(lambda: self._call("d.is_active", self._hash), 90, "did not start")

    def wait_done(self, timeout=120):
        self._wait(lambda: self._call("d.complete", self._hash), timeout, "not done")

    def add_peer(self, address):
        self._call("add_peer", self._hash, "%s:%d" % address)

    def _wait(self, holds, timeout, complaint):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                if holds():
                    return
            except (OSError, xmlrpc.client.Fault):
                pass  # not up yet, or the torrent is not loaded yet
            time.sleep(0.2)
        raise AssertionError(f"rTorrent: {complaint}; {self.child.last_words()}")

    def _call(self, method, *arguments):
        body = xmlrpc.client.dumps(arguments, method).encode()
        head = b"CONTENT_LENGTH\0%d\0SCGI\x001\0" % len(body)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(str(self._scgi))
            sock.sendall(b"%d:%s,%s" % (len(head), head, body))
            answer = b"".join(iter(lambda: sock.recv(65536), b""))
        return xmlrpc.client.loads(answer.split(b"\r\n\r\n", 1)[1])[0][0]
