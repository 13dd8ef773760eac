"""Deluge's daemon, driven by its settings file and, through `deluge_process.py`, by its RPC."""

import json
import re
import shutil
from pathlib import Path

from clients.client import Client
from ports import free_port
from torrent import bencode

SCRIPT = Path(__file__).with_name("deluge_process.py")
PYTHON = "/usr/bin/python3"  # Debian's, which has the serialisation of Deluge's RPC
MODES = {  # policy in both directions: 0 forced, 1 enabled, 2 disabled; level: 0 handshake, 1 all, 2 either
    "rc4": (0, 1),
    "header-only": (0, 0),
    "plaintext": (2, 2),
    "default": (1, 2),
}


class Deluge(Client):
    name = "Deluge"
    host = "127.0.0.1"
    program = "deluged"
    drops_zeros_answering = True  # libtorrent 2.0.8: one handshake in 256 fails
    can = {(mode, way) for mode in MODES for way in ("dials", "answers")}

    @classmethod
    def version(cls):
        return re.search(r"deluged (\d[\d.]*\d)", cls.told("--version")).group(1)

    def __init__(self, context, mode, seed=False, dial=None):
        torrent = context.torrent
        self.folder = context.folder / "deluge"
        config = context.folder / "deluge-config"
        for folder in (self.folder, config):
            folder.mkdir()
        self.file = self.folder / torrent.name
        if seed:
            shutil.copyfile(torrent.content, self.file)
        self.address = (self.host, free_port(self.host))
        rpc = free_port("127.0.0.1")
        # Two documents, one after the other: the versions of the file, and what it says.
        versions = json.dumps({"file": 1, "format": 1})
        (config / "core.conf").write_text(versions + json.dumps(settings(mode, self.address, self.folder)))
        # It has no setting for uTP; what it kept of its session has.
        utp = {"enable_outgoing_utp": 0, "enable_incoming_utp": 0, "allow_multiple_connections_per_ip": 1}
        (config / "session.state").write_bytes(bencode({"settings": utp}))
        daemon = ["--do-not-daemonize", "--config", config, "--port", rpc, "--loglevel", "warning"]
        self.daemon = context.start(*self.command(*daemon))
        argv = [PYTHON, "-B", SCRIPT, "--config", config, "--port", rpc]
        argv += ["--torrent", torrent.path, "--folder", self.folder]
        if seed:
            argv.append("--seed")
        if dial:
            argv += ["--dial", "%s:%d" % dial]
        self.child = context.start(*argv)
        try:
            self.child.wait_line(lambda line: line == "ready", 90)
        except AssertionError as error:
            raise AssertionError(f"{error}; deluged: {self.daemon.last_words()}") from error

    def wait_done(self, timeout=120):
        self.child.wait_line(lambda line: line == "done", timeout)


def settings(mode, address, folder):
    policy, level = MODES[mode]
    return {
        "listen_interface": address[0],
        "listen_ports": [address[1], address[1]],
        "random_port": False,
        "enc_in_policy": policy,
        "enc_out_policy": policy,
        "enc_level": level,
        "dht": False,
        "lsd": False,
        "upnp": False,
        "natpmp": False,
        "utpex": False,
        "new_release_check": False,
        "download_location": str(folder),
        "torrentfiles_location": str(folder),
    }
