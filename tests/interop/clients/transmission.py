"""Transmission's daemon, driven by its settings file and its RPC."""

import base64
import json
import shutil
import time
import urllib.error
import urllib.request

import namespace
import tracker
from clients.client import Client
from ports import free_port

LEVEL = {"plaintext": 0, "rc4": 2, "default": 1}  # `preferred` is its default


class Transmission(Client):
    name = "Transmission"
    program = "transmission-daemon"
    host = namespace.HOST  # it never dials 127/8 that it learnt from a tracker
    # No header-only: it offers RC4 alone, and as responder 3.00 closes on an offer of 0x01 with IA
    # (libtorrent meets the same end).
    can = {(mode, way) for mode in ("rc4", "plaintext", "default") for way in ("dials", "answers")}

    @classmethod
    def version(cls):
        return cls.told("--version").split()[1]

    def __init__(self, context, mode, seed=False, dial=None):
        torrent = context.torrent
        self.folder = context.folder / "transmission"
        self.folder.mkdir()
        self.file = self.folder / torrent.name
        if seed:
            shutil.copyfile(torrent.content, self.file)
        port, rpc = free_port(self.host), free_port("127.0.0.1")
        self.address = (self.host, port)
        config = context.folder / "config"
        config.mkdir()
        (config / "settings.json").write_text(json.dumps(settings(mode, self.address, rpc, self.folder)))
        self.child = context.start(*self.command("--foreground", "--config-dir", config))
        self._url, self._session = f"http://127.0.0.1:{rpc}/transmission/rpc", ""
        announce = tracker.of(context, dial).url
        metainfo = base64.b64encode(torrent.announcing(announce)).decode()
        added = self._call("torrent-add", metainfo=metainfo)
        if added["result"] != "success":
            raise AssertionError(f"Transmission: {added}")
        if seed:
            self.wait_done()

    def wait_done(self, timeout=120):
        deadline = time.monotonic() + timeout
        fields = ["percentDone", "status", "errorString", "peers"]
        while time.monotonic() < deadline:
            state = self._call("torrent-get", fields=fields)["arguments"]["torrents"][0]
            if state["percentDone"] == 1 and state["status"] not in (1, 2):  # not being verified
                return
            time.sleep(0.2)
        raise AssertionError(f"Transmission: not done: {state}")

    def _call(self, method, **arguments):
        body = json.dumps({"method": method, "arguments": arguments}).encode()
        for _ in range(900):
            request = urllib.request.Request(
                self._url, body, {"X-Transmission-Session-Id": self._session}
            )
            try:
                return json.load(urllib.request.urlopen(request, timeout=10))
            except urllib.error.HTTPError as error:
                self._session = error.headers.get("X-Transmission-Session-Id", "")
                time.sleep(0.02)
            except OSError:
                time.sleep(0.1)  # not up yet
        raise AssertionError(f"no answer from its RPC; {self.child.last_words()}")


def settings(mode, address, rpc, folder):
    return {
        "bind-address-ipv4": address[0],
        "peer-port": address[1],
        "peer-port-random-on-start": False,
        "encryption": LEVEL[mode],
        "download-dir": str(folder),
        "utp-enabled": False,
        "dht-enabled": False,
        "lpd-enabled": False,
        "pex-enabled": False,
        "port-forwarding-enabled": False,
        "rpc-enabled": True,
        "rpc-bind-address": "127.0.0.1",
        "rpc-port": rpc,
        "rpc-whitelist-enabled": False,
        "rpc-host-whitelist-enabled": False,
        "rpc-authentication-required": False,
        "speed-limit-up-enabled": False,
        "speed-limit-down-enabled": False,
        "ratio-limit-enabled": False,
    }
