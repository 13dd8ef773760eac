"""The real clients. Each starts with (context, mode, seed, dial) and tells its address, its file
and when it is done; `can` holds the modes that it can be brought to, by role."""

from clients.aria2 import Aria2
from clients.client import newest
from clients.deluge import Deluge
from clients.lt import Libtorrent
from clients.qbittorrent import QBittorrent
from clients.rtorrent import RTorrent
from clients.transmission import Transmission
from clients.webtorrent import WebTorrent

CLIENTS = [Libtorrent, Transmission, Aria2, RTorrent, QBittorrent, Deluge, WebTorrent]
# libtorrent and WebTorrent are the newest already.
NEWEST = [
    newest(Transmission),
    newest(Aria2),
    newest(RTorrent),
    newest(QBittorrent, drops_zeros_answering=False),
    newest(Deluge, drops_zeros_answering=False),
]


def tested(options):
    """The clients that the cases are about, the versions of one side by side."""
    if not options.newest:
        return CLIENTS
    order = [client.name for client in CLIENTS]
    return sorted(CLIENTS + NEWEST, key=lambda client: order.index(client.name))


def title(client):
    return f"{client.name} (not installed)" if client.missing() else f"{client.name} {client.version()}"
