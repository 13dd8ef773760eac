"""A network namespace of its own for the whole suite.

Nothing is sent out, no port of the machine is used, and `lo` also carries 198.51.100.0/24: a client
that never dials loopback addresses (Transmission) has something to dial. Debian sid, if its clients are asked for, gets
the folders that its programs share with us; only this namespace sees that.
"""

import os
import shutil
import subprocess
import sys
import tempfile

MARK = "INTEROP_NAMESPACE"
HOST = "198.51.100.1"


def enter(sid=None):
    """Start this program again inside the namespace; returns only there, or where none can be had."""
    if MARK in os.environ:
        _set_up(sid)
        return
    # Every process of the suite ends with it: they are in its namespace of processes.
    command = ["unshare", "--net", "--pid", "--mount", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        command.append("--map-root-user")
    if not shutil.which("unshare") or subprocess.run([*command, "true"], capture_output=True).returncode:
        print("no network namespace to be had: the cases that need one will fail", file=sys.stderr)
        return
    os.environ[MARK] = "1"
    sys.stdout.flush()
    os.execvp(command[0], [*command, sys.executable, "-B", *sys.argv])


def _set_up(sid):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "address", "replace", f"{HOST}/24", "dev", "lo"], check=True)
    if sid and sid.is_dir():
        for folder in ("/dev", "/proc", tempfile.gettempdir()):
            inner = sid / folder.removeprefix("/")
            inner.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--rbind", folder, inner], check=True)


def inside():
    return MARK in os.environ
