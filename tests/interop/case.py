"""What a case is, and how one is run: bounded in time, everything it started ended."""

import shutil
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from process import Child

LIMIT = 60  # seconds a case


@dataclass(frozen=True)
class Case:
    name: str  # group/what
    run: object  # Context -> what was seen, one line
    row: dict = field(default_factory=dict)  # columns of the report


@dataclass
class Result:
    case: Case
    passed: bool
    detail: str
    seconds: float


class Context:
    """Handed to every case: the programs, a folder, and the clean-up."""

    def __init__(self, programs, torrent):
        self.programs, self.torrent = programs, torrent
        self.folder = Path(tempfile.mkdtemp(prefix="interop-"))
        self._endings = [lambda: shutil.rmtree(self.folder, ignore_errors=True)]

    def ends_with(self, ending):
        self._endings.append(ending)

    def start(self, *argv, cwd=None):
        child = Child(argv, cwd)
        self.ends_with(child.stop)
        return child

    def end(self):
        while self._endings:
            try:
                self._endings.pop()()
            except Exception as error:  # one broken ending must not keep the others from running
                print(f"     clean-up: {error}")


def run(case, programs, torrent):
    outcome = []
    context = Context(programs, torrent)

    def body():
        try:
            outcome.append((True, case.run(context) or ""))
        except Exception as error:
            text = f"{type(error).__name__}: {error}" if str(error) else traceback.format_exc()
            outcome.append((False, text))

    started = time.monotonic()
    worker = threading.Thread(target=body, daemon=True)
    worker.start()
    worker.join(LIMIT)
    if not outcome:
        outcome.append((False, f"not done after {LIMIT} s"))
    context.end()
    passed, detail = outcome[0]
    return Result(case, passed, detail, time.monotonic() - started)


def require(condition, complaint):
    if not condition:
        raise AssertionError(complaint)
