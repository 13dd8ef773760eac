"""One libtorrent session as a process: seeds or fetches one torrent until it is ended.

Everything but TCP, or but uTP if asked for, is off. Lines on stdout: `listening on ADDR:PORT`, then `done` once the torrent
is complete, then whatever alerts tell about connections.
"""

import argparse
import time

import libtorrent as lt

POLICY = {"forbid": lt.enc_policy.disabled, "allow": lt.enc_policy.enabled, "require": lt.enc_policy.forced}
LEVEL = {"rc4": lt.enc_level.rc4, "plaintext": lt.enc_level.plaintext, "both": lt.enc_level.both}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--torrent", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--encryption", choices=POLICY, default="allow")
    parser.add_argument("--level", choices=LEVEL, default="both")
    parser.add_argument("--prefer-rc4", action="store_true")
    parser.add_argument("--seed", action="store_true")
    parser.add_argument("--pex", action="store_true")
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--utp", action="store_true")
    parser.add_argument("--dial")
    return parser.parse_args()


def session(args):
    settings = {
        "listen_interfaces": f"{args.host}:0",
        "outgoing_interfaces": "",
        "enable_outgoing_utp": args.utp,
        "enable_incoming_utp": args.utp,
        "enable_outgoing_tcp": not args.utp,
        "enable_incoming_tcp": not args.utp,
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "allow_multiple_connections_per_ip": True,
        "connections_limit": args.connections,
        "connections_slack": 0,
        "min_reconnect_time": 1,
        "max_failcount": 100,
        "peer_connect_timeout": 15,
        "out_enc_policy": POLICY[args.encryption],
        "in_enc_policy": POLICY[args.encryption],
        "allowed_enc_level": LEVEL[args.level],
        "prefer_rc4": args.prefer_rc4,
        "alert_mask": lt.alert.category_t.error_notification
        | lt.alert.category_t.peer_notification
        | lt.alert.category_t.connect_notification
        | lt.alert.category_t.status_notification,
    }
    # Without extensions unless asked for: PEX would show a way round the bridge.
    plugins = lt.session_flags_t.add_default_plugins if args.pex else 0
    return lt.session(settings, plugins)


def main():
    args = arguments()
    ses = session(args)
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(args.torrent)
    params.save_path = args.folder
    params.flags = lt.torrent_flags.seed_mode if args.seed else 0
    handle = ses.add_torrent(params)
    # A torrent that is not ready yet turns peers away.
    ready = (lt.torrent_status.seeding, lt.torrent_status.finished, lt.torrent_status.downloading)
    while not ses.listen_port() or handle.status().state not in ready:
        time.sleep(0.02)
    print(f"listening on {args.host}:{ses.listen_port()}", flush=True)
    peer = None
    if args.dial:
        host, port = args.dial.rsplit(":", 1)
        peer = (host, int(port))
    done, asked = False, 0.0
    while True:
        status = handle.status()
        if peer and not status.num_peers and not done and time.monotonic() - asked > 1:
            asked = time.monotonic()
            handle.connect_peer(peer)
        if status.is_seeding and not done:
            done = True
            handle.flush_cache()
        for alert in ses.pop_alerts():
            kind = type(alert).__name__
            if kind == "cache_flushed_alert":
                print("done", flush=True)
            elif "peer" in kind or "error" in kind:
                print(f"{kind}: {alert.message()}", flush=True)
        time.sleep(0.05)


main()
