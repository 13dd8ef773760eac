"""The torrents of the transfer cases: random content, a single file."""

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
    """The first value of `data`, and what follows it."""
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
    hashes: tuple = ()  # every info-hash, if there are several; of version 2, the first 20 bytes

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


def make_v2(folder: Path, version, size) -> Torrent:
    """`v2` or `hybrid`, as libtorrent makes it: with both versions in one, the first hash is the old one."""
    import libtorrent as lt

    folder.mkdir(parents=True, exist_ok=True)
    path, content = folder / "random.torrent", folder / "random.bin"
    data = os.urandom(size)
    content.write_bytes(data)
    files = lt.file_storage()
    files.add_file(content.name, size)
    flags = lt.create_torrent.v2_only if version == "v2" else 0
    making = lt.create_torrent(files, piece_size=256 * 1024, flags=flags)
    making.set_priv(True)
    lt.set_piece_hashes(making, str(folder))
    path.write_bytes(lt.bencode(making.generate()))
    found = lt.torrent_info(str(path)).info_hashes()
    hashes = tuple(h.to_bytes()[:20] for h, has in ((found.v1, found.has_v1()), (found.v2, found.has_v2())) if has)
    samples = tuple(data[at + 512 : at + 544] for at in range(0, size, size // 16))
    return Torrent(path, content, content.name, hashes[0], sha1(data).hexdigest(), size, samples, {}, hashes)


def file_sha1(path: Path) -> str:
    digest = sha1()
    with path.open("rb") as file:
        while block := file.read(MIB):
            digest.update(block)
    return digest.hexdigest()
