"""The torrent of the transfer cases: random content, a single file."""

import os
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

MIB = 1 << 20


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"


def bdecode(data):
    """The first value of `data`, and what stands behind it."""
    if data[:1] == b"i":
        digits, rest = data[1:].split(b"e", 1)
        return int(digits), rest
    if data[:1] in (b"l", b"d"):
        items, rest = [], data[1:]
        while rest[:1] != b"e":
            item, rest = bdecode(rest)
            items.append(item)
        rest = rest[1:]
        return (items if data[:1] == b"l" else dict(zip(items[::2], items[1::2], strict=True))), rest
    length, rest = data.split(b":", 1)
    return rest[: int(length)], rest[int(length) :]


@dataclass(frozen=True)
class Torrent:
    path: Path  # the .torrent file
    content: Path  # the complete file
    name: str
    info_hash: bytes
    sha1: str
    size: int
    samples: tuple  # short runs of the content, to look for on the wire
    info: dict

    def announcing(self, url) -> bytes:
        """The same torrent with a tracker, as the bytes of a .torrent file."""
        return bencode({"announce": url, "info": self.info})


def make(folder: Path, size=16 * MIB, piece=256 * 1024, private=1) -> Torrent:
    """`private` keeps every client from telling others of its peers."""
    folder.mkdir(parents=True, exist_ok=True)
    name = "random.bin"
    data = os.urandom(size)
    (folder / name).write_bytes(data)
    hashes = b"".join(sha1(data[at : at + piece]).digest() for at in range(0, size, piece))
    info = {"length": size, "name": name, "piece length": piece, "pieces": hashes}
    info |= {"private": 1} if private else {}
    path = folder / "random.torrent"
    path.write_bytes(bencode({"info": info}))
    # Blocks of 16 KiB travel as one message; a run inside a block is contiguous on a clear wire.
    samples = tuple(data[at + 512 : at + 544] for at in range(0, size, size // 16))
    digest = sha1(data).hexdigest()
    key = sha1(bencode(info)).digest()
    return Torrent(path, folder / name, name, key, digest, size, samples, info)


def file_sha1(path: Path) -> str:
    digest = sha1()
    with path.open("rb") as file:
        while block := file.read(MIB):
            digest.update(block)
    return digest.hexdigest()
