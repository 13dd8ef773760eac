"""The real clients. Each starts with (context, mode, seed, dial) and tells its address, its file
and when it is done; `can` holds the modes that it can be brought to, by role."""

from clients.aria2 import Aria2
from clients.lt import Libtorrent
from clients.transmission import Transmission

CLIENTS = [Libtorrent, Transmission, Aria2]
