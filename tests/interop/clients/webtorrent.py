"""WebTorrent, driven as a process."""

import functools
import json
import os
import shutil
from pathlib import Path

from clients.client import Client

SCRIPT = Path(__file__).with_name("webtorrent_process.mjs")
# Where install.sh put the package; the script finds it through this.
FOLDER = Path(os.environ.get("INTEROP_NODE_MODULES", "/nonexistent"))
MODES = {  # 0 without MSE, 1 with and plaintext preferred, 2 RC4 alone; it answers plaintext in all of them
    "rc4": 2,
    # Offers both and takes what it is offered; the bridge's own list makes it header-only.
    "header-only": 1,
    "plaintext": 0,
    "default": 1,
}


class WebTorrent(Client):
    name = "WebTorrent"
    source = "npm"
    is_newest = True
    host = "127.0.0.1"
    program = "node"
    takes_plaintext = True  # however it is set
    can = {(mode, way) for mode in MODES for way in ("dials", "answers")}

    @staticmethod
    @functools.cache
    def version():
        return json.loads((FOLDER / "webtorrent" / "package.json").read_text())["version"]

    @classmethod
    def missing(cls):
        if not (FOLDER / "webtorrent").is_dir():
            return f"no package webtorrent in {FOLDER}"
        return super().missing()

    def __init__(self, context, mode, seed=False, dial=None):
        torrent = context.torrent
        self.folder = context.folder / "webtorrent"
        self.folder.mkdir()
        self.file = self.folder / torrent.name
        if seed:
            shutil.copyfile(torrent.content, self.file)
        argv = [self.program, SCRIPT, "--modules", FOLDER, "--torrent", torrent.path, "--folder", self.folder]
        argv += ["--secure", MODES[mode]]
        if seed:
            argv.append("--seed")
        if context.tracker:
            argv.append("--announce")
        if dial:
            argv += ["--dial", "%s:%d" % dial]
        self.child = context.start(*argv)
        self.address = (self.host, self.child.listening(90)[1])

    def wait_done(self, timeout=120):
        self.child.wait_line(lambda line: line == "done", timeout)
