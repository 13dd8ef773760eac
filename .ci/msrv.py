#!/usr/bin/env python3
"""Holds that no dependency needs a newer Rust than the one that Cargo.toml declares.

No older toolchain is at hand, so nothing is built with one. That leaves two checks: what the dependencies declare of
themselves, here, and `clippy::incompatible_msrv` for what this crate calls of the standard library. A dependency that
declares nothing, or too little, is not found out. Prints which declare nothing.
"""

import json
import subprocess
import sys


def version(text):
    parts = [int(part) for part in text.split("-")[0].split(".")]
    return tuple(parts + [0] * (3 - len(parts)))


metadata = json.loads(
    subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--all-features"], check=True, capture_output=True
    ).stdout
)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
root = metadata["resolve"]["root"]
declared = packages[root]["rust_version"]
if declared is None:
    sys.exit("Cargo.toml declares no rust-version")

# What a user builds, on whatever target; not what the tests need.
needed, rest = set(), [root]
while rest:
    for dependency in nodes[rest.pop()]["deps"]:
        if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"]) and dependency["pkg"] not in needed:
            needed.add(dependency["pkg"])
            rest.append(dependency["pkg"])

silent, newer = [], []
for package in (packages[identity] for identity in needed):
    name = f"{package['name']} {package['version']}"
    if package["rust_version"] is None:
        silent.append(name)
    elif version(package["rust_version"]) > version(declared):
        newer.append(f"{name} needs Rust {package['rust_version']}")
print(f"Rust {declared} is declared; {len(needed)} packages; these declare nothing: {', '.join(sorted(silent)) or 'none'}")
for line in sorted(newer):
    print(line)
sys.exit(1 if newer or not needed else 0)
