"""Child processes: started here, ended here, by process id."""

import subprocess
import threading
import time


class Child:
    def __init__(self, argv, cwd=None):
        self.argv = [str(part) for part in argv]
        self.out, self.err = [], []  # lines
        self.when = {}  # line -> when it came first
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            self.argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=cwd,
        )
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, pipe, lines):
        for line in pipe:
            with self._news:
                lines.append(line.rstrip("\n"))
                self.when.setdefault(lines[-1], time.monotonic())
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def wait_line(self, predicate, timeout, lines=None):
        """The first line that satisfies `predicate`; fails if the child ends or stays silent."""
        lines = self.out if lines is None else lines
        deadline = time.monotonic() + timeout
        at = 0
        with self._news:
            while True:
                while at < len(lines):
                    if predicate(lines[at]):
                        return lines[at]
                    at += 1
                left = deadline - time.monotonic()
                if left <= 0 or not any(reader.is_alive() for reader in self._readers):
                    raise AssertionError(f"{self.name}: no such line; {self.last_words()}")
                self._news.wait(min(left, 0.5))

    def listening(self, timeout=60):
        """The address of a program whose first line is `listening on ADDR:PORT`."""
        line = self.wait_line(lambda _: True, timeout)
        if not line.startswith("listening on "):
            raise AssertionError(f"{self.name}: first line is {line!r}")
        host, port = line.removeprefix("listening on ").rsplit(":", 1)
        return host, int(port)

    def exit_status(self, timeout):
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{self.name} did not end within {timeout} s") from error
        for reader in self._readers:
            reader.join(5)
        return status

    @property
    def running(self):
        return self.process.poll() is None

    @property
    def name(self):
        return self.argv[0].rsplit("/", 1)[-1]

    def last_words(self):
        return " | ".join((self.out + self.err)[-6:]) or "it said nothing"

    def stop(self):
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self.process.stdin.close()
