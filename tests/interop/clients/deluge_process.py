"""Adds one torrent to a Deluge daemon over its RPC and watches it until ended.

Lines on stdout: `ready` once the torrent is there (and checked, if it is to be seeded), `done` once it is complete.
"""

import argparse
import base64
import socket
import ssl
import struct
import time
import zlib
from pathlib import Path

import rencode

HEAD = struct.Struct("!BI")  # version of the protocol, length
RESPONSE, ERROR, EVENT = 1, 2, 3


class Daemon:
    def __init__(self, config, port):
        self._number = 0
        deadline = time.monotonic() + 80
        while True:
            try:
                raw = socket.create_connection(("127.0.0.1", port), timeout=20)
                user, password = (config / "auth").read_text().split()[0].split(":")[:2]
                break
            except (OSError, IndexError, ValueError):  # not up yet, or its file is not written yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._sock = context.wrap_socket(raw)
        self.call("daemon.login", user, password, client_version="2.0.3")

    def call(self, method, *args, **kwargs):
        self._number += 1
        body = zlib.compress(rencode.dumps([[self._number, method, args, kwargs]]))
        self._sock.sendall(HEAD.pack(1, len(body)) + body)
        while True:
            _, length = HEAD.unpack(self._take(HEAD.size))
            answer = rencode.loads(zlib.decompress(self._take(length)), decode_utf8=True)
            if answer[0] == RESPONSE and answer[1] == self._number:
                return answer[2]
            if answer[0] == ERROR:
                raise RuntimeError(f"{method}: {answer[2:]}")

    def _take(self, count):
        found = b""
        while len(found) < count:
            more = self._sock.recv(count - len(found))
            if not more:
                raise EOFError("the daemon closed")
            found += more
        return found


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--torrent", type=Path, required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--seed", action="store_true")
    parser.add_argument("--dial")
    return parser.parse_args()


def main():
    args = arguments()
    daemon = Daemon(args.config, args.port)
    metainfo = base64.b64encode(args.torrent.read_bytes()).decode()
    options = {"download_location": args.folder, "seed_mode": args.seed, "add_paused": False, "auto_managed": False}
    key = daemon.call("core.add_torrent_file", args.torrent.name, metainfo, options)
    if args.dial:
        host, port = args.dial.rsplit(":", 1)
    ready = done = False
    asked = 0.0
    while True:
        state = daemon.call("core.get_torrent_status", key, ["state", "progress", "num_peers"])
        complete = state["state"] == "Seeding"
        # It may find its peer through a tracker, and be complete before it is asked for the first time.
        if not ready and (complete or (state["state"] == "Downloading" and not args.seed)):
            ready = True
            print("ready", flush=True)
        if ready and complete and not done:
            done = True
            print("done", flush=True)
        if ready and args.dial and not state["num_peers"] and time.monotonic() - asked > 1:
            asked = time.monotonic()
            daemon.call("core.connect_peer", key, host, int(port))
        time.sleep(0.1)


main()
