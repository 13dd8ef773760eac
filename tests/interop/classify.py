"""What nDPI makes of transfers between echo_client and echo_server over a link with real segmentation.

    python3 -m venv target/ndpi-venv && target/ndpi-venv/bin/pip install nfstream
    cargo build --examples
    target/ndpi-venv/bin/python tests/interop/classify.py target/debug/examples [--flows N]

Needs root, for two network namespaces with a delay between them and no offload. RC4 must not be called BitTorrent;
plaintext and header-only have to be, or the tool is blind.
"""

import argparse
import collections
import ctypes
import fcntl
import os
import secrets
import select
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE, THERE = f"mse-a{os.getpid()}", f"mse-b{os.getpid()}"
PORT = 23457
DELAY = 0.02
CASES = {
    "rc4": (["--encryption", "require"], ["--encryption", "require"]),
    "header-only": (
        ["--encryption", "require", "--methods", "header-only"],
        ["--encryption", "require", "--methods", "header-only"],
    ),
    "plaintext": (["--encryption", "forbid"], ["--encryption", "forbid"]),
}
# Which of them nDPI is to call BitTorrent.
CLEAR = {"header-only", "plaintext"}


def run(*command):
    subprocess.run(command, check=True)


def inside(namespace, *command):
    return ["ip", "netns", "exec", namespace, *command]


class Link:
    """Two namespaces, joined by a wire that delays and records. Tun devices have no offload: what is read from one is
    what a network would carry."""

    def __enter__(self):
        self.ends, self.record, self.closed = [], None, threading.Event()
        for namespace, address in ((HERE, "10.99.0.1/24"), (THERE, "10.99.0.2/24")):
            run("ip", "netns", "add", namespace)
            self.ends.append(tun(namespace))
            run(*inside(namespace, "ip", "address", "add", address, "dev", "mse0"))
            run(*inside(namespace, "ip", "link", "set", "mse0", "up"))
        threading.Thread(target=self.carry, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closed.set()
        for namespace in (HERE, THERE):
            subprocess.run(["ip", "netns", "del", namespace], check=False)

    def carry(self):
        on_the_way = collections.deque()
        while not self.closed.is_set():
            wait = max(0, on_the_way[0][0] - time.monotonic()) if on_the_way else 0.1
            for end in select.select(self.ends, [], [], wait)[0]:
                packet = os.read(end, 65535)
                if self.record:
                    now = time.time()
                    header = struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(packet), len(packet))
                    self.record.write(header + packet)
                other = self.ends[1 - self.ends.index(end)]
                on_the_way.append((time.monotonic() + DELAY, other, packet))
            while on_the_way and on_the_way[0][0] <= time.monotonic():
                _, end, packet = on_the_way.popleft()
                os.write(end, packet)

    def record_to(self, path):
        if self.record:
            record, self.record = self.record, None
            record.close()
        if path:
            record = open(path, "wb", buffering=1 << 20)
            record.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
            self.record = record


def tun(namespace):
    """A tun device in a namespace, opened by a thread that has gone there."""
    opened = []

    def go():
        with open(f"/run/netns/{namespace}") as there:
            if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), 0):
                raise OSError(ctypes.get_errno(), "setns")
        device = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(device, 0x400454CA, struct.pack("16sH22x", b"mse0", 0x1001))
        opened.append(device)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    return opened[0]


def transfer(programs, case, flows):
    client, server = CASES[case]
    info_hash = secrets.token_hex(20)
    serving = subprocess.Popen(
        inside(THERE, f"{programs}/echo_server", "--listen", f"10.99.0.2:{PORT}", "--info-hash", info_hash, *server),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        serving.stdout.readline()
        for _ in range(flows):
            dial = [f"{programs}/echo_client", "--connect", f"10.99.0.2:{PORT}", "--info-hash", info_hash]
            subprocess.run(
                inside(HERE, *dial, "--bytes", "100000", *client), check=True, timeout=60, stdout=subprocess.DEVNULL
            )
    finally:
        serving.terminate()
        serving.wait(timeout=20)


def classify(pcap):
    import nfstream

    return collections.Counter(flow.application_name for flow in nfstream.NFStreamer(source=pcap) if flow.protocol == 6)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", help="where the example programs are")
    parser.add_argument("--flows", type=int, default=12, help="transfers of each kind")
    arguments = parser.parse_args()
    wrong = []
    with tempfile.TemporaryDirectory() as folder, Link() as link:
        for case in CASES:
            pcap = f"{folder}/{case}.pcap"
            link.record_to(pcap)
            transfer(arguments.programs, case, arguments.flows)
            link.record_to(None)
            found = classify(pcap)
            named = sum(count for name, count in found.items() if "BitTorrent" in name)
            print(f"{case:<12} {dict(found)}", flush=True)
            if sum(found.values()) != arguments.flows or named != (arguments.flows if case in CLEAR else 0):
                wrong.append(case)
    if wrong:
        print("not as expected:", ", ".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
