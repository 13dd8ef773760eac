"""libtorrent, driven as a process."""

import functools
import sys
from pathlib import Path

from clients.client import Client

SCRIPT = Path(__file__).with_name("lt_process.py")
MODES = {  # what the tap must show -> what libtorrent is told
    "rc4": ["--encryption", "require", "--level", "rc4"],
    "header-only": ["--encryption", "require", "--level", "plaintext"],
    "plaintext": ["--encryption", "forbid"],
    "default": [],
}


class Libtorrent(Client):
    name = "libtorrent"
    source = "PyPI"
    is_newest = True
    program = None  # a package of this Python, without which nothing here runs
    host = "127.0.0.1"
    utp = False  # instead of TCP
    can = {(mode, role) for mode in MODES for role in ("dials", "answers")}

    @staticmethod
    @functools.cache
    def version():
        import libtorrent

        return libtorrent.__version__

    def __init__(self, context, mode, seed=False, dial=None, pex=False, limit=None):
        torrent = context.torrent
        if seed:
            self.folder = torrent.content.parent
        else:
            self.folder = context.folder / "fetched"
            self.folder.mkdir(exist_ok=True)
        self.file = self.folder / torrent.name
        argv = [sys.executable, SCRIPT, "--torrent", torrent.path, "--folder", self.folder]
        argv += MODES[mode]
        if seed:
            argv.append("--seed")
        if limit:
            argv += ["--connections", limit]
        if pex:
            argv.append("--pex")
        if self.utp:
            argv.append("--utp")
        if dial:
            argv += ["--dial", "%s:%d" % dial]
        self.child = context.start(*argv)
        self.address = self.child.listening(90)

    def wait_done(self, timeout=120):
        self.child.wait_line(lambda line: line == "done", timeout)
