"""A tracker that tells every client of exactly one peer, or of none."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address

from torrent import bencode


class Tracker:
    def __init__(self, peer=None, host="127.0.0.1"):
        peers = b""
        if peer:
            peers = IPv4Address(peer[0]).packed + peer[1].to_bytes(2, "big")
        answer = {"interval": 5, "min interval": 5, "complete": 1, "incomplete": 1, "peers": peers}
        body = bencode(answer)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = "http://%s:%d/announce" % self._server.server_address

    def close(self):
        self._server.shutdown()
        self._server.server_close()
