"""The results as Markdown."""

from clients import title

COLUMNS = [("dials", "leecher"), ("dials", "seeder"), ("answers", "leecher"), ("answers", "seeder")]
FOREIGN = {
    "served": "initiator, legal variations, against `echo_server`",
    "refused": "initiator, broken rules, against `echo_server`",
    "answered": "responder, legal variations, against `echo_client`",
    "rejected": "responder, broken rules, against `echo_client`",
}


def markdown(results, seconds):
    lines = _transfers(results) + _policies(results) + _disguises(results) + _foreign(results)
    failed = [result for result in results if not result.passed]
    if failed:
        lines += ["### Failed", ""]
        lines += [f"- `{each.case.name}`: {each.detail}" for each in failed] + [""]
    passed = len(results) - len(failed)
    lines += [f"{passed} passed, {len(failed)} failed, {seconds:.0f} s."]
    return "\n".join(lines) + "\n"


def _mark(result):
    return "yes" if result.passed else "**no**"


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
    lines = ["### Torrents through `bridge`", ""]
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
    lines = ["### Policies that leave a choice, or none", ""]
    head = ["client", "its setting and part", "bridge", "outcome", "as expected"]
    return lines + _table(head, (_policy(each) for each in chosen))


def _policy(result):
    row = result.case.row
    outcome = "refused" if row.get("refused") else result.detail.split(":")[0]
    if not result.passed:
        outcome = "-"
    return [title(result.case.client), row["far"], f"`{row['bridge']}`", outcome, _mark(result)]


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
    lines = ["### Disguises", ""]
    lines += ["`bridge --disguise`, RC4 forced, 2 MiB, SHA-1 equal, nothing in the clear. The columns say"]
    lines += ["whether the client could when it dialled / when it answered.", ""]
    head = ["option", *map(title, clients)]
    rows = []
    for look in looks:
        cells = [[chosen.get((look, client, way)) for way in ("dials", "answers")] for client in clients]
        marks = [" / ".join(_mark(each) if each else "-" for each in cell) for cell in cells]
        rows.append([f"`{look}`", *marks])
    return lines + _table(head, rows)


def _foreign(results):
    rows = []
    for group, title in FOREIGN.items():
        members = [each for each in results if each.case.name.startswith(group + "/")]
        if members:
            rows.append([title, str(len(members)), str(sum(each.passed for each in members))])
    if not rows:
        return []
    lines = ["### A foreign peer, written from the specification alone", ""]
    return lines + _table(["as", "cases", "as expected"], rows)


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines] + [""]


def tally(results):
    passed = sum(each.passed for each in results)
    failed = sum(each.bad for each in results)
    left = len(results) - passed - failed
    return f"{passed} passed, {failed} failed" + (f", {left} skipped" if left else "")
