#!/usr/bin/env python3
"""Lints the library with every combination of its features, and all of them at once."""

import itertools
import json
import subprocess
import sys

PACKAGE = "tokio-mse"

metadata = json.loads(
    subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps"], check=True, capture_output=True
    ).stdout
)
(package,) = (package for package in metadata["packages"] if package["name"] == PACKAGE)
# Optional dependencies are not features of their own here, and internals only add an interface.
features = sorted(name for name in package["features"] if name != "default" and not name.startswith("__"))
combinations = [
    chosen for count in range(len(features) + 1) for chosen in itertools.combinations(features, count)
]
combinations.append(tuple(name for name in package["features"] if name != "default"))
failed = []
for chosen in combinations:
    command = ["cargo", "clippy", "--quiet", "-p", PACKAGE, "--lib", "--no-default-features"]
    command += ["--features", ",".join(chosen), "--", "-D", "warnings", "--force-warn", "deprecated"]
    if subprocess.run(command).returncode != 0:
        failed.append(",".join(chosen) or "none")
print(f"{len(combinations)} combinations of {', '.join(features) or 'no features'}")
for name in failed:
    print(f"fails with: {name}")
sys.exit(1 if failed else 0)
