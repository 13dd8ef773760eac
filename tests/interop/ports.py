"""Ports for clients that must be told one."""

import itertools
import socket

# Below the range that the kernel takes ports from: one that is free now is still free when the client has started.
_PORTS = itertools.count(20000)


def free_port(host):
    for port in _PORTS:
        try:
            socket.create_server((host, port)).close()
        except OSError:
            continue
        return port
