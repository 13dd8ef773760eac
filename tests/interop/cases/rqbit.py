"""An unmodified rqbit, which speaks plaintext alone, fetches from a libtorrent that takes nothing but RC4.

    rqbit -- SOCKS5 --> mse-bridge --socks5 -- tap --> libtorrent

Only with `--with-rqbit`: it is built from source, which takes many minutes.
"""

import subprocess

import case
import torrent
from clients.lt import Libtorrent
from tap import Tap, judge, marks
from tracker import Tracker


class Rqbit:
    def __init__(self, context, peer=None, proxy=None, tracker=None):
        self.file = context.folder / "fetched" / context.torrent.name
        argv = [context.programs.with_rqbit, "-v", "info"]
        for found_elsewhere in ("dht", "lsd", "tcp-listen", "upnp-port-forward"):
            argv.append(f"--disable-{found_elsewhere}")
        path = context.folder / "fetched.torrent"
        path.write_bytes(context.torrent.announcing(tracker or "http://127.0.0.1:1/announce"))
        if proxy:
            argv += ["--socks-url", "socks5://%s:%d" % proxy]
        argv += ["download", "--disable-http-api", "--exit-on-finish", "--output-folder", self.file.parent]
        if peer:
            argv += ["--initial-peers", "%s:%d" % peer]
        argv.append(path)
        self.child = context.start(*argv, cwd=context.folder)


def route(context):
    seeder = Libtorrent(context, "rc4", seed=True)
    tap = Tap(seeder.address, marks(context.torrent))
    context.ends_with(tap.close)
    return tap


def encrypted_by_the_bridge(context):
    """rqbit asks a tracker, through the bridge, too; what it learns there it dials through the bridge."""
    tap = route(context)
    tracker = Tracker(tap.address)
    context.ends_with(tracker.close)
    bridge = context.start(context.programs.bridge, "--socks5", "127.0.0.1:0", "--outbound", "require")
    rqbit = Rqbit(context, proxy=bridge.listening(), tracker=tracker.url)
    try:
        status = rqbit.child.exit_status(50)
    except AssertionError as error:
        words = f"bridge: {bridge.last_words()}; rqbit: {rqbit.child.last_words()}"
        raise AssertionError(f"{error}; {words}") from error
    case.require(status == 0, f"rqbit ended with {status}: {rqbit.child.last_words()}")
    case.require(torrent.file_sha1(rqbit.file) == context.torrent.sha1, "the file's SHA-1 differs")
    connection = tap.busiest()
    moved = connection.out.total + connection.back.total
    case.require(moved >= context.torrent.size, f"only {moved} bytes went through the tap")
    return f"{judge(connection, 'rc4')}; bridge: {' ; '.join(bridge.err)}"


def refused_without_it(context):
    """The same without the bridge, or it would show nothing."""
    tap = route(context)
    rqbit = Rqbit(context, tap.address)
    case.require(tap.wait_connection(20), "rqbit dialled nobody")
    tap.connections[0].ended.wait(15)
    case.require(rqbit.child.running, f"rqbit ended: {rqbit.child.last_words()}")
    moved = sum(each.back.total for each in tap.connections)
    case.require(moved == 0, f"the seeder sent {moved} bytes")
    return "the seeder hangs up on plaintext"


def cases(options):
    if not options.with_rqbit:
        return
    told = subprocess.run([options.with_rqbit, "--version"], capture_output=True, text=True)
    version = told.stdout.split()[-1]
    for name, run, way in [
        ("rc4-through-bridge", encrypted_by_the_bridge, "through `mse-bridge --socks5 --outbound require`"),
        ("refused-without-bridge", refused_without_it, "without it"),
    ]:
        yield case.Case(f"rqbit/{name}", run, row={"without_mse": f"rqbit {version}", "way": way})
