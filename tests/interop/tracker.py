"""Trackers: one that tells every client of exactly one peer, or of none, and one that knows its swarm."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from urllib.parse import parse_qs, urlsplit

from torrent import bencode

COMMON = {"interval": 5, "min interval": 5, "complete": 1, "incomplete": 1}


def packed(address):
    return IPv4Address(address[0]).packed + address[1].to_bytes(2, "big")


class Tracker:
    def __init__(self, peer=None, host="127.0.0.1"):
        self.peers = packed(peer) if peer else b""
        tracker = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query, encoding="latin-1").items()}
                body = bencode(tracker.answer(self.client_address[0], query))
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

    def answer(self, _address, _query):
        return COMMON | {"peers": self.peers}

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class SwarmTracker(Tracker):
    """Keeps what every peer announced, and tells `crypto_flags` to those that announce one of the two flags."""

    def __init__(self):
        super().__init__()
        self.announced = {}  # (address, port) -> (supportcrypto, requirecrypto)
        self._news = threading.Condition()

    def answer(self, address, query):
        if "port" not in query:
            return COMMON | {"files": {}}  # a scrape
        flags = tuple(query.get(name) == "1" for name in ("supportcrypto", "requirecrypto"))
        # `cryptoport` goes with a `port` of 0: it hides a peer that takes nothing but MSE from old trackers.
        me = (address, int(query.get("cryptoport") or query["port"]))
        with self._news:
            others = {peer: said for peer, said in self.announced.items() if peer != me}
            self.announced[me] = flags
            self._news.notify_all()
        # A peer that requires MSE is not told to one that did not say that it can.
        known = {peer: said for peer, said in others.items() if any(flags) or not said[1]}
        answer = COMMON | {"peers": b"".join(map(packed, known))}
        if any(flags):
            answer["crypto_flags"] = bytes(requires for _, requires in known.values())
        return answer

    def wait_announced(self, port, timeout):
        """What the peer at that port said of itself, and its address."""
        with self._news:
            found = self._news.wait_for(lambda: self._of(port), timeout)
        if not found:
            raise AssertionError(f"no announce of port {port}: {self.announced}")
        return found

    def _of(self, port):
        return next((item for item in self.announced.items() if item[0][1] == port), None)


def of(context, dial):
    """The tracker that the case brought, or one that tells of `dial` alone."""
    if context.tracker:
        return context.tracker
    tracker = Tracker(dial)
    context.ends_with(tracker.close)
    return tracker
