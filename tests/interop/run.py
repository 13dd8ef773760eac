#!/usr/bin/env python3
"""The interop suite: real clients and a foreign peer against this crate's programs."""

import argparse
import collections
import fnmatch
import importlib
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import case
import namespace
import report
import torrent
from clients.client import SID

GROUPS = ["oracle", "baseline", "served", "refused", "answered", "rejected", "draft", "offers", "zeros", "hints",
          "transfer", "policies", "defaults", "hybrid", "full", "disguised", "guides", "rqbit"]

RESULTS = Path(__file__).with_name("RESULTS.md")


def program(text):
    """Absolute, so that a bare name is never looked up in PATH, where another `bridge` lives."""
    path = Path(text).resolve()
    if not path.is_file() or not os.access(path, os.X_OK):
        raise argparse.ArgumentTypeError(f"{path} is not a program")
    return path


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bridge", type=program, required=True)
    parser.add_argument("--echo-server", type=program, required=True)
    parser.add_argument("--echo-client", type=program, required=True)
    parser.add_argument("--hinted", type=program, required=True)
    parser.add_argument("--guide-client", type=program, required=True)
    parser.add_argument("--guide-halves", type=program, required=True)
    parser.add_argument("--only", action="append", metavar="PATTERN", help="e.g. 'transfer/*'")
    parser.add_argument("--report", type=Path, metavar="FILE.md", nargs="?", const=RESULTS, help="default: RESULTS.md here")
    parser.add_argument("--with-rqbit", type=program, metavar="PROGRAM", help="an rqbit, for its cases")
    parser.add_argument("--newest", action="store_true", help="also the clients of Debian sid (install.sh --newest)")
    parser.add_argument("--jobs", type=int, default=8, help="cases at once; most of a case is waiting")
    parser.add_argument("--list", action="store_true", help="name the cases, run none")
    return parser.parse_args()


def chosen(options):
    for group in GROUPS:
        for each in importlib.import_module(f"cases.{group}").cases(options):
            patterns = options.only or ["*"]
            if any(fnmatch.fnmatch(each.name, pattern) for pattern in patterns):
                yield each


def mixed(cases):
    """An order in which the cases of each client are spread over the whole run: those that are slow to begin, or long to
    wait, are side by side with others."""
    found = collections.defaultdict(list)
    for at, each in enumerate(cases):
        found[each.client].append(at)
    share = {at: n / len(those) for those in found.values() for n, at in enumerate(those)}
    return sorted(share, key=share.get)


def tell(result):
    print(f"{result.status:4} {result.case.name} ({result.seconds:.1f} s) {result.detail}", flush=True)
    return result


def main():
    options = arguments()
    cases = list(chosen(options))
    if options.list:
        print("\n".join(each.name for each in cases))
        return 0
    namespace.enter(SID if options.newest else None)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="interop-") as folder:
        content = torrent.make(Path(folder))
        with ThreadPoolExecutor(options.jobs) as pool:
            running = {at: pool.submit(case.run, cases[at], options, content) for at in mixed(cases)}
            results = [tell(running[at].result()) for at in range(len(cases))]
    seconds = time.monotonic() - started
    if options.report:
        options.report.write_text(report.markdown(results, seconds))
    failed = sum(result.bad for result in results)
    print(f"took {seconds:.0f} s")
    print(report.tally(results), flush=True)
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
