"""The results as Markdown."""

import os
import re
from pathlib import Path

from case import FAILED, NOT_RUN, SKIPPED
from clients import title

COLUMNS = [("dials", "leecher"), ("dials", "seeder"), ("answers", "leecher"), ("answers", "seeder")]
FOREIGN = {
    "served": "initiator, legal variations, against `echo_server`",
    "refused": "initiator, broken rules, against `echo_server`",
    "answered": "responder, legal variations, against `echo_client`",
    "rejected": "responder, broken rules, against `echo_client`",
    "draft": "both, the draft AES-128-CTR",
}


HEAD = """# What the interop suite saw

Written by `tests/interop/run.sh --report`, not by hand. `README.md` beside it says what the suite does. MSE is
obfuscation, not security: "nothing in the clear" says only that the tap could not read it.
"""


def markdown(results, seconds):
    """The whole document; `seconds` is what the run took."""
    lines = [*HEAD.splitlines(), ""]
    lines += _versions(results) + _transfers(results) + _defaults(results) + _policies(results) + _hybrids(results) + _full(results)
    lines += _disguises(results) + _guides(results)
    lines += _without_mse(results) + _handshakes(results) + _hints(results) + _foreign(results) + _redials()
    lines += _listed("Failed", (each for each in results if each.status == FAILED))
    lines += _listed("Not run, which counts as failed", (each for each in results if each.status == NOT_RUN))
    lines += _listed("Skipped", (each for each in results if each.status == SKIPPED))
    lines += [f"{tally(results)}. {seconds:.0f} s on {_machine()}."]
    return "\n".join(lines) + "\n"


def _listed(title, results):
    rows = [f"- `{each.case.name}`: {each.detail}" for each in results]
    return [f"## {title}", "", *rows, ""] if rows else []


def _machine():
    """Family and model, as the processor tells them, and how many of it there are."""
    told = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M))
    which = f"{told.get('vendor_id', 'a processor')} family {told.get('cpu family', '?')} model {told.get('model', '?')}"
    return f"{which}, {os.cpu_count()} cores"


def _versions(results):
    clients = dict.fromkeys(each.case.client for each in results if each.case.client)
    if not clients:
        return []
    lines = ["## Clients", ""]
    return lines + _table(["client", "version", "from", "newest"], ([c.name, _version(c), c.source, "yes" if c.is_newest else ""] for c in clients))


def _version(client):
    return client.missing() or client.version()


def _mark(result):
    return {NOT_RUN: "not run", SKIPPED: "skipped"}.get(result.status, "yes" if result.passed else "**no**")


def _transfers(results):
    """One row for each client and mode."""
    rows = {}
    for result in results:
        if "column" in result.case.row:
            row = rows.setdefault((result.case.client, result.case.row["mode"]), {})
            row[result.case.row["column"]] = result
    if not rows:
        return []
    head = ["client", "mode", *(f"{way}, {part}" for way, part in COLUMNS), "readable on the wire"]
    lines = ["## Torrents through `mse-bridge`", ""]
    lines += ["16 MiB, SHA-1 equal. The columns say what the client did on the encrypted side.", ""]
    lines += _table(head, (_transfer(key, row) for key, row in rows.items()))
    return lines


def _transfer(key, row):
    client, mode = key
    marks = [_mark(row[column]) if column in row else "-" for column in COLUMNS]
    seen = next((r.detail.split(" (byte")[0] for r in row.values() if r.passed), "-")
    return [title(client), mode, *marks, seen]


def _policies(results):
    chosen = [each for each in results if "bridge" in each.case.row]
    if not chosen:
        return []
    lines = ["## Policies with a choice, and policies that exclude each other", ""]
    head = ["client", "its setting and part", "`mse-bridge`", "outcome", "as expected"]
    return lines + _table(head, (_policy(each) for each in chosen))


def _policy(result):
    row = result.case.row
    outcome = "refused" if row.get("refused") else result.detail.split(":")[0]
    if not result.passed:
        outcome = "-"
    return [title(result.case.client), row["far"], f"`{row['bridge']}`", outcome, _mark(result)]


def _defaults(results):
    """One row for each client."""
    rows = {}
    for each in results:
        if "default" in each.case.row:
            rows.setdefault(each.case.client, {})[each.case.row["default"]] = each.detail if each.passed else _mark(each)
    if not rows:
        return []
    lines = ["## Clients as they come out of the box, and our default policy", ""]
    lines += ["`mse-bridge --inbound prefer --outbound prefer`, RC4 alone: the mode, the connections that it took, and the time from the"]
    lines += ["first connection to the end of the handshake.", ""]
    head = ["client", "it dials us", "we dial it"]
    return lines + _table(head, ([title(c), row.get("dials", "-"), row.get("answers", "-")] for c, row in rows.items()))


def _listed_by(results, key, title, text, head):
    """A row for each case of a group: what it was, and what was seen."""
    rows = [[each.case.row[key], each.detail if each.passed else _mark(each)] for each in results if key in each.case.row]
    return [f"## {title}", "", text, "", *_table(head, rows)] if rows else []


def _hybrids(results):
    text = "libtorrent, RC4 alone. A torrent of both versions has two SKEYs."
    return _listed_by(results, "hybrid", "Torrents of version 2", text, ["case", "what was seen"])


def _full(results):
    text = "It accepts MSE alone, and closes a further connection before it reads. A plaintext attempt shows the info-hash."
    return _listed_by(results, "full", "A libtorrent at its limit of connections", text, ["our policy", "what was seen"])


def _disguises(results):
    """One row for each option, one column for each client."""
    chosen = {}
    for result in results:
        if "disguise" in result.case.row:
            row = result.case.row
            chosen[row["disguise"], result.case.client, row["way"]] = result
    if not chosen:
        return []
    looks = dict.fromkeys(look for look, _, _ in chosen)
    clients = dict.fromkeys(client for _, client, _ in chosen)
    lines = ["## Disguises", ""]
    lines += ["`mse-bridge --disguise`, RC4 forced, 2 MiB, SHA-1 equal, nothing in the clear. The columns say"]
    lines += ["whether the client could when it dialled / when it answered.", ""]
    head = ["option", *map(title, clients)]
    rows = []
    for look in looks:
        cells = [[chosen.get((look, client, way)) for way in ("dials", "answers")] for client in clients]
        marks = [" / ".join(_mark(each) if each else "-" for each in cell) for cell in cells]
        rows.append([f"`{look}`", *marks])
    return lines + _table(head, rows)


def _guides(results):
    """One row for each client and transport, one column for each guide and way."""
    rows, columns = {}, {}
    for each in results:
        if "guide" in each.case.row:
            row = each.case.row
            columns[row["guide"]] = None
            rows.setdefault((each.case.client, row["over"]), {})[row["guide"]] = each
    if not rows:
        return []
    lines = ["## The code of the guides", ""]
    lines += ["`guide_client` and `guide_halves` fetch four pieces of 256 KiB from a seed that accepts RC4 alone; SHA-1 equal, nothing"]
    lines += ["in the clear. The columns say what the client did.", ""]
    head = ["client", "over", *columns]
    body = ([title(c), over, *(_mark(row[n]) if n in row else "-" for n in columns)] for (c, over), row in rows.items())
    return lines + _table(head, body)


def _without_mse(results):
    """One row for each way: a client that has no MSE, and a libtorrent that takes nothing else."""
    rows = [
        [each.case.row["without_mse"], each.case.row["way"], each.detail.split(";")[0] if each.passed else _mark(each)]
        for each in results
        if "without_mse" in each.case.row
    ]
    if not rows:
        return []
    lines = ["## A client without MSE that uses `mse-bridge`", ""]
    lines += ["It fetches 16 MiB from a libtorrent set to RC4 alone; SHA-1 equal. Only with `run.sh --with-rqbit`.", ""]
    return lines + _table(["client", "it dials", "what the tap saw"], rows)


def _handshakes(results):
    """One row for each client: single handshakes with the foreign peer."""
    rows = {}
    for each in results:
        row = each.case.row
        if "offered_to" in row:
            rows.setdefault(each.case.client, {})[f"offer, {row['offered_to']}"] = _mark(each)
        elif "zero" in row:
            known = each.passed and each.detail.startswith("known")
            rows.setdefault(each.case.client, {})[f"zero, {row['zero']}"] = "no, known" if known else _mark(each)
    if not rows:
        return []
    lines = ["## Single handshakes of the real clients with the foreign peer", ""]
    lines += ["Offered 0x00000006, 0xfffffffe and 0x80000002 (set to RC4 alone / its own mix), it selects RC4."]
    lines += ["Answered with a key that begins with zero, or that makes S begin with zero, it copes."]
    lines += ["Those with libtorrent were also dialled until S began with zero.", ""]
    columns = ["offer, rc4", "offer, default", "zero, key", "zero, secret", "zero, dialled"]
    head = ["client", "RC4 alone", "its own mix", "key begins with zero", "S begins with zero", "S begins with zero, dialled"]
    return lines + _table(head, ([title(c), *(row.get(n, "-") for n in columns)] for c, row in rows.items()))


def _hints(results):
    """One row for each client: what it says of itself, as seen."""
    rows = {}
    for each in results:
        if "hint" in each.case.row:
            seen = each.detail if each.passed else _mark(each)
            rows.setdefault(each.case.client, {})[each.case.row["hint"]] = seen
    if not rows:
        return []
    lines = ["## Hints", ""]
    lines += ["What a client set to RC4 alone says of itself to a tracker, what it says in its extension handshake, and what"]
    lines += ["another libtorrent says of it in a peer exchange; and what `PeerHint` makes of each: `hinted` dialled as shown,"]
    lines += ["under `allow` and under `prefer`, and connected.", ""]
    columns = ["tracker", "itself", "exchange"]
    head = ["client", "announce", "extension handshake", "peer exchange"]
    return lines + _table(head, ([title(c), *(row.get(n, "-") for n in columns)] for c, row in rows.items()))


def _redials():
    """What a test of the library generates, and holds."""
    table = Path(__file__).resolve().parents[1] / "protocol" / "quirks" / "redials.md"
    lines = ["## Redials, our four words against what others dial and take", ""]
    lines += ["From `cargo test --test protocol quirks`: emulated clients, on paused time, so a time is what we wait for. A cell is the"]
    lines += ["connections in their order, and the stream that came of them. µTorrent, BitComet and Tixati publish what they dial"]
    lines += ["and take, not their bytes: theirs are the specification's plainest. Under `require` nothing is ever in the clear.", ""]
    return lines + table.read_text().splitlines() + [""]


def _foreign(results):
    rows = []
    for group, title in FOREIGN.items():
        members = [each for each in results if each.case.name.startswith(group + "/")]
        if members:
            rows.append([title, str(len(members)), _as_expected(members)])
    if not rows:
        return []
    lines = ["## A foreign peer, written from the specification alone", ""]
    return lines + _table(["as", "cases", "as expected"], rows)


def _as_expected(members):
    skipped = sum(each.status == SKIPPED for each in members)
    passed = str(sum(each.passed for each in members))
    return f"{passed} ({skipped} skipped)" if skipped else passed


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines] + [""]


def tally(results):
    passed = sum(each.passed for each in results)
    failed = sum(each.bad for each in results)
    left = len(results) - passed - failed
    return f"{passed} passed, {failed} failed" + (f", {left} skipped" if left else "")
