"""The real clients. Each starts with (context, mode, seed, dial) and tells its address, its file
and when it is done; `can` holds the modes that it can be brought to, by role."""

import shutil

from clients.aria2 import Aria2
from clients.deluge import Deluge
from clients.lt import Libtorrent
from clients.qbittorrent import QBittorrent
from clients.rtorrent import RTorrent
from clients.transmission import Transmission
from clients.webtorrent import FOLDER as NODE_MODULES
from clients.webtorrent import WebTorrent

CLIENTS = [Libtorrent, Transmission, Aria2, RTorrent, QBittorrent, Deluge, WebTorrent]


def missing(client):
    """Why a client's cases cannot be run, or None."""
    if client.program and not shutil.which(client.program):
        return f"no program {client.program}"
    if client is WebTorrent and not (NODE_MODULES / "webtorrent").is_dir():
        return f"no package webtorrent in {NODE_MODULES}"
    return None


def title(client):
    return f"{client.name} (not installed)" if missing(client) else f"{client.name} {client.version()}"
