"""The harness against itself: two libtorrents with the tap between them, nothing of ours."""

from case import Case, require
from clients import tested
from clients.lt import Libtorrent
from tap import Tap, judge, marks
from torrent import file_sha1


def transfer(context, client, mode, way, seeds):
    """`client` does `way`; a libtorrent that takes everything is at the other end."""
    if way == "answers":
        one = client(context, mode, seed=seeds)
        tap = Tap(one.address, marks(context.torrent))
        other = Libtorrent(context, mode, seed=not seeds, dial=tap.address)
    else:
        other = Libtorrent(context, mode, seed=not seeds)
        tap = Tap(other.address, marks(context.torrent), host=client.host)
        one = client(context, mode, seed=seeds, dial=tap.address)
    context.ends_with(tap.close)
    fetcher = other if seeds else one
    fetcher.wait_done()
    require(file_sha1(fetcher.file) == context.torrent.sha1, "the file's SHA-1 differs")
    connection = tap.busiest()
    moved = connection.out.total + connection.back.total
    require(moved >= context.torrent.size, f"only {moved} bytes went through the tap")
    return judge(connection, mode)


def cases(options):
    for client in tested(options):
        for mode in ("rc4", "header-only", "plaintext"):
            for way in ("dials", "answers"):
                for seeds in (True, False):
                    if (mode, way) not in client.can:
                        continue
                    if client is not Libtorrent and (mode, seeds) != ("rc4", False):
                        continue  # one look at each is enough: they are slow to begin
                    who = "seeder" if seeds else "leecher"
                    yield Case(
                        f"baseline/{client.id()}-{mode}-{who}-{way}",
                        lambda c, a=(client, mode, way, seeds): transfer(c, *a),
                        client=client,
                    )
