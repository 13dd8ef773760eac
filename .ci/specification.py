#!/usr/bin/env python3
"""Checks `tests/specification.md`: every number is used once, and every file and every test that it names exists."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TEST = re.compile(r"#\[(?:tokio::)?test\b[^\n]*\]\s*(?:#\[[^\n]*\]\s*)*(?:async )?fn (\w+)")
# Tests of a table that are made by a macro have no attribute of their own.
IN_A_MACRO = re.compile(r"^\s+(?:async )?fn (\w+)\(", re.MULTILINE)

found = {}
for top in ("src", "tests"):
    for path in sorted((ROOT / top).rglob("*.rs")):
        text = path.read_text()
        for name in TEST.findall(text) + IN_A_MACRO.findall(text):
            found.setdefault(name, []).append(path.relative_to(ROOT))


def holds(test):
    """Whether a file that can be this module has this test."""
    binary, *modules, name = test.split("::")
    for path in found.get(name, []):
        parts = list(path.with_suffix("").parts)
        # A unit test may be in a module at the end of its file.
        wanted = [part for part in modules if part != "tests"]
        top = ["src"] if binary == "lib" else ["tests", binary]
        if parts[: len(top)] == top and all(part in parts for part in wanted):
            return True
    return False


mistakes, numbers, tests = [], set(), 0
for line in (ROOT / "tests" / "specification.md").read_text().splitlines():
    cells = [cell.strip() for cell in line.strip("|").split(" | ")]
    number = cells[0].strip("| ")
    if not re.fullmatch(r"S\d+\.\d+", number):
        continue
    if number in numbers:
        mistakes.append(f"{number} is used twice")
    numbers.add(number)
    if len(cells) != 5:
        mistakes.append(f"{number} has {len(cells)} columns")
        continue
    for path in re.findall(r"`(src/[^`]*)`", cells[2]):
        if not (ROOT / path).exists():
            mistakes.append(f"{number}: no file {path}")
    named = re.findall(r"`([\w:]+)`", cells[3])
    tests += len(named)
    mistakes += [f"{number}: no test {test}" for test in named if not holds(test)]
    if not named and not cells[2].startswith("not implemented"):
        mistakes.append(f"{number} has no test")

print(f"{len(numbers)} sentences, {tests} tests")
for mistake in mistakes:
    print(mistake, file=sys.stderr)
sys.exit(bool(mistakes or not numbers))
