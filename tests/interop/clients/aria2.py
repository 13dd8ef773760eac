"""aria2, driven by its command line."""

import shutil

import tracker
from clients.client import Client
from ports import free_port

MODES = {
    "rc4": ["--bt-require-crypto=true", "--bt-min-crypto-level=arc4"],
    # Accepts and offers both; the bridge's own list makes it header-only.
    "header-only": ["--bt-require-crypto=true", "--bt-min-crypto-level=plain"],
    "default": [],
}


class Aria2(Client):
    name = "aria2"
    program = "aria2c"
    host = "127.0.0.1"
    can = {(mode, role) for mode in MODES for role in ("dials", "answers")}

    @classmethod
    def version(cls):
        return cls.told("--version").split()[2]

    def __init__(self, context, mode, seed=False, dial=None):
        torrent = context.torrent
        self.folder = context.folder / "aria2"
        self.folder.mkdir()
        self.file = self.folder / torrent.name
        if seed:
            shutil.copyfile(torrent.content, self.file)
        announce = tracker.of(context, dial).url
        metainfo = context.folder / "aria2.torrent"
        metainfo.write_bytes(torrent.announcing(announce))
        self.address = (self.host, free_port(self.host))
        argv = ["--no-conf", "--enable-color=false", "--summary-interval=0"]
        argv += ["--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false"]
        argv += ["--enable-peer-exchange=false", "--disable-ipv6=true", "--file-allocation=none"]
        argv += [f"--listen-port={self.address[1]}", f"--dir={self.folder}"]
        argv += ["--bt-tracker-interval=2", "--console-log-level=notice", *MODES[mode]]
        if seed:
            argv += ["--check-integrity=true", "--seed-ratio=0.0"]
        else:
            argv += ["--seed-time=0"]  # ends once it has everything
        self.child = context.start(*self.command(*argv, metainfo))
        self.child.wait_line(lambda line: "listening on TCP port" in line, 90)
        if seed:
            self.child.wait_line(lambda line: "Verification finished" in line, 90)

    def wait_done(self, timeout=120):
        status = self.child.exit_status(timeout)
        if status:
            raise AssertionError(f"aria2 ended with {status}; {self.child.last_words()}")
