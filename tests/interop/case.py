"""What a case is, and how one is run: bounded in time, everything it started ended."""

import shutil
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from process import Child

LIMIT = 240  # seconds a case; on a busy machine a client alone may take a minute to begin
PASSED, FAILED, NOT_RUN, SKIPPED = "ok", "FAIL", "NOT RUN", "skip"


class Skip(Exception):
    """The case asks for what the program under test does not claim to have; the text says what."""


@dataclass(frozen=True)
class Case:
    name: str  # group/what
    run: object  # Context -> what was seen, one line
    row: dict = field(default_factory=dict)  # columns of the report
    client: object = None  # the real client that it needs
    limit: float = LIMIT


@dataclass
class Result:
    case: Case
    status: str
    detail: str
    seconds: float

    @property
    def passed(self):
        return self.status == PASSED

    @property
    def bad(self):
        """A client that is not installed counts as a failure, because its cases prove nothing."""
        return self.status in (FAILED, NOT_RUN)


class Context:
    """Handed to every case: the programs, a folder, and the clean-up."""

    def __init__(self, programs, torrent):
        self.programs, self.torrent = programs, torrent
        self.tracker = None  # that its clients announce to, where the case brings one
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
    reason = case.client.missing() if case.client else None
    if reason:
        return Result(case, NOT_RUN, reason, 0.0)
    result = _run(case, programs, torrent)
    if result.status == FAILED and case.client and (case.client.drops_zeros or case.client.drops_zeros_answering):
        # One handshake in 256 fails for that reason alone (`zeros/` shows it); two in a row have another.
        again = _run(case, programs, torrent)
        detail = f"{again.detail} (second try; the first: {result.detail[:200]})"
        return Result(case, again.status, detail, result.seconds + again.seconds)
    return result


def _run(case, programs, torrent):
    outcome = []
    context = Context(programs, torrent)

    def body():
        try:
            outcome.append((PASSED, case.run(context) or ""))
        except Skip as reason:
            outcome.append((SKIPPED, str(reason)))
        except Exception as error:
            text = f"{type(error).__name__}: {error}" if str(error) else traceback.format_exc()
            outcome.append((FAILED, text))

    started = time.monotonic()
    worker = threading.Thread(target=body, daemon=True)
    worker.start()
    worker.join(case.limit)
    if not outcome:
        outcome.append((FAILED, f"not done after {case.limit} s"))
    context.end()
    status, detail = outcome[0]
    return Result(case, status, detail, time.monotonic() - started)


def require(condition, complaint):
    if not condition:
        raise AssertionError(complaint)
