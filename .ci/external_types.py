#!/usr/bin/env python3
"""Lists the crates whose types and traits the public interface names, and holds that they are the ones agreed on.

A new major version of each of these means a new major version of this crate. The list comes from rustdoc's JSON, which
the stable compiler only writes if it takes itself for a nightly one.
"""

import json
import os
import pathlib
import subprocess
import sys

STANDARD = {"std", "core", "alloc"}
# Payloads, streams, and with its feature what a policy is read from.
AGREED = {"bytes", "tokio", "rand_core", "serde_core"}

subprocess.run(
    ["cargo", "rustdoc", "--quiet", "-p", "tokio-mse", "--lib", "--features", "fast,serde,unstable-aes", "--", "-Z", "unstable-options", "--output-format", "json"],
    check=True,
    env=os.environ | {"RUSTC_BOOTSTRAP": "1"},
)
target = pathlib.Path(
    json.loads(
        subprocess.run(
            ["cargo", "metadata", "--format-version", "1", "--no-deps"], check=True, capture_output=True
        ).stdout
    )["target_directory"]
)
written = json.loads((target / "doc" / "tokio_mse.json").read_text())
crates = {int(number): crate["name"] for number, crate in written["external_crates"].items()}
seen = {}


def walk(value, place):
    """Every path of a type or a trait below this value."""
    if isinstance(value, list):
        for part in value:
            walk(part, place)
    elif isinstance(value, dict):
        if isinstance(value.get("id"), int) and "path" in value:
            path = written["paths"].get(str(value["id"]))
            if path is not None and path["crate_id"] != 0:
                name = crates[path["crate_id"]]
                seen.setdefault(name, set()).add(f"{'::'.join(path['path'])} in {place}")
        for part in value.values():
            walk(part, place)


for item in written["index"].values():
    if item["crate_id"] != 0:
        continue
    (kind, inner), = item["inner"].items()
    # Implementations that the compiler or another crate makes for everything.
    if kind == "impl" and (inner.get("blanket_impl") is not None or inner.get("is_synthetic")):
        continue
    # What is in a module or behind a re-export is an item of its own.
    if kind in ("module", "use"):
        continue
    walk(inner, f"{kind} {item['name'] or ''}".strip())

outside = set(seen) - STANDARD
print(f"the public surface names: {', '.join(sorted(outside))}")
for name in sorted(outside - AGREED):
    print(f"{name} is not agreed on:")
    for use in sorted(seen[name]):
        print(f"    {use}")
if not outside:
    sys.exit("no external types were found, so nothing was seen")
sys.exit(1 if outside - AGREED else 0)
