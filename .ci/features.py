#!/usr/bin/env python3
"""Lints the library with every combination of its features, with and without the default ones."""

import itertools
import json
import subprocess
import sys

metadata = json.loads(
    subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps"], check=True, capture_output=True
    ).stdout
)
features = sorted(name for name in metadata["packages"][0]["features"] if name != "default")
failed = []
# There is no library without a cipher: it says so itself, in words.
ciphers = {"fast", "rustcrypto"} & set(features)
combinations = [
    chosen
    for count in range(len(features) + 1)
    for chosen in itertools.combinations(features, count)
    if not ciphers or ciphers & set(chosen)
]
for chosen in combinations:
    command = ["cargo", "clippy", "--quiet", "--lib", "--no-default-features", "--features", ",".join(chosen)]
    command += ["--", "-D", "warnings", "--force-warn", "deprecated"]
    if subprocess.run(command).returncode != 0:
        failed.append(",".join(chosen) or "none")
print(f"{len(combinations)} combinations of {', '.join(features) or 'no features'}")
for name in failed:
    print(f"fails with: {name}")
sys.exit(1 if failed else 0)
