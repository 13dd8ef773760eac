"""qBittorrent without a window, driven by its settings file and its web interface."""

import json
import re
import secrets
import shutil
import time
import urllib.parse
import urllib.request

from clients.client import Client
from mse import RC4, Initiator
from ports import free_port
from programs import HEADER, handshake
from wire import Closed, TooSlow, Wire

MODES = {"default": 0, "rc4": 1, "plaintext": 2}
SETTINGS = """
[LegalNotice]
Accepted=true

[BitTorrent]
Session\\Port={port}
Session\\Interface=lo
Session\\InterfaceAddress={host}
Session\\Encryption={encryption}
Session\\BTProtocol=TCP
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\QueueingSystemEnabled=false
Session\\MultiConnectionsPerIp=true
Session\\DefaultSavePath={folder}

[Network]
PortForwardingEnabled=false

[Preferences]
Connection\\UPnP=false
WebUI\\Address=127.0.0.1
WebUI\\Port={web}
WebUI\\LocalHostAuth=false
WebUI\\UseUPnP=false
"""


class QBittorrent(Client):
    name = "qBittorrent"
    host = "127.0.0.1"
    program = "qbittorrent-nox"
    # No header-only: it allows nothing but RC4 inside MSE.
    drops_zeros_answering = True  # libtorrent 2.0.8: one handshake in 256 fails
    can = {(mode, way) for mode in MODES for way in ("dials", "answers")}

    @classmethod
    def version(cls):
        return re.search(r"qBittorrent v(\S+)", cls.told("--version")).group(1)

    def __init__(self, context, mode, seed=False, dial=None):
        torrent = context.torrent
        self.folder = context.folder / "qbittorrent"
        self.folder.mkdir()
        self.file = self.folder / torrent.name
        if seed:
            shutil.copyfile(torrent.content, self.file)
        self.address = (self.host, free_port(self.host))
        web = free_port("127.0.0.1")
        self._url = f"http://127.0.0.1:{web}/api/v2/"
        profile = context.folder / "profile"
        settings = profile / "qBittorrent" / "config" / "qBittorrent.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text(
            SETTINGS.format(
                host=self.host,
                port=self.address[1],
                web=web,
                encryption=MODES[mode],
                folder=self.folder,
            )
        )
        self.child = context.start(*self.command(f"--profile={profile}"))
        self._up()
        self._add(torrent.path.read_bytes(), seed)
        self._hash = torrent.info_hash.hex()
        self._peer = "%s:%d" % dial if dial else None
        self._wait(lambda state: not seed or state["progress"] == 1, 60)
        if dial:
            self._dial()
        else:
            self._wait_served(mode, 60)

    def wait_done(self, timeout=120):
        state = self._wait(lambda state: state["progress"] == 1, timeout, self._dial)
        if not state:
            raise AssertionError(f"qBittorrent: not done: {self._state()}")

    def _dial(self):
        if self._peer:
            form = urllib.parse.urlencode({"hashes": self._hash, "peers": self._peer}).encode()
            self._call("torrents/addPeers", form)

    def _state(self):
        found = json.loads(self._call(f"torrents/info?hashes={self._hash}"))
        return found[0] if found else {"progress": 0, "state": "unknown"}

    def _wait(self, holds, timeout, meanwhile=lambda: None):
        deadline = time.monotonic() + timeout
        turn = 0
        while time.monotonic() < deadline:
            state = self._state()
            if state["state"] not in ("unknown", "checkingUP", "checkingDL", "checkingResumeData"):
                if holds(state):
                    return state
                turn += 1
                if turn % 10 == 0:
                    meanwhile()
            time.sleep(0.2)
        return None

    def _wait_served(self, mode, timeout):
        """For up to a second after it says that its torrent is ready, it closes every connection."""
        deadline = time.monotonic() + timeout
        while not self._serves(mode):
            if time.monotonic() > deadline:
                raise AssertionError("qBittorrent: it closes every connection")
            time.sleep(0.1)

    def _serves(self, mode):
        """Whether it answers a handshake for its torrent."""
        skey = bytes.fromhex(self._hash)
        wire = Wire.dial(self.address, 10)
        try:
            if mode == "plaintext":
                wire.send(handshake(skey))
                return wire.take(68)[:20] == HEADER
            return Initiator(wire, skey).connect(RC4, ia=handshake(skey)).recv(68)[:20] == HEADER
        except (Closed, TooSlow):
            return False
        finally:
            wire.close()

    def _up(self):
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                return self._call("app/version")
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"qBittorrent: no web interface; {self.child.last_words()}")

    def _add(self, metainfo, seed):
        fields = {"savepath": self.folder, "skip_checking": "true" if seed else "false", "paused": "false"}
        boundary = secrets.token_hex(16)
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
        body = "".join(part % (name, "") + f"{value}\r\n" for name, value in fields.items()).encode()
        body += (part % ("torrents", '; filename="random.torrent"')).encode() + metainfo
        body += f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        answer = self._call("torrents/add", body, {"Content-Type": kind})
        # 4.5 says a word, 5.3 what became of each torrent.
        if answer != b"Ok." and json.loads(answer).get("success_count") != 1:
            raise AssertionError(f"qBittorrent: torrent not added: {answer!r}")

    def _call(self, path, body=None, head=()):
        request = urllib.request.Request(self._url + path, body, dict(head))
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()
