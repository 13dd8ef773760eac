"""What every client has: where its program comes from, and how it is started."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

# Where `install.sh --newest` put Debian's newest.
SID = Path(os.environ.get("INTEROP_SID", "/nonexistent"))


class Client:
    source = "Debian 12"
    is_newest = False
    in_sid = False  # its program is in the chroot
    shipped = "default"  # the mode that it comes in
    drops_zeros = False  # when it dials
    drops_zeros_answering = False
    takes_plaintext = False  # where it is set to RC4

    @classmethod
    def id(cls):
        """In the names of cases."""
        return f"{cls.name}-newest" if cls.in_sid else cls.name

    @classmethod
    def command(cls, *arguments):
        chroot = ["chroot", str(SID)] if cls.in_sid else []
        return [*chroot, cls.program, *map(str, arguments)]

    @classmethod
    @functools.cache
    def told(cls, argument):
        """What the program prints, given that argument alone."""
        child = subprocess.run(cls.command(argument), capture_output=True, text=True)
        return child.stdout + child.stderr

    @classmethod
    def missing(cls):
        """Why its cases cannot be run, or None."""
        if cls.in_sid:
            found = any((SID / folder / cls.program).exists() for folder in ("usr/bin", "usr/sbin"))
            return None if found else f"no program {cls.program} of Debian sid: install.sh --newest"
        if cls.program and not shutil.which(cls.program):
            return f"no program {cls.program}"
        return None


def newest(client, **differences):
    """The same client as Debian sid has it."""
    what = {"source": "Debian sid", "in_sid": True, "is_newest": True}
    return type(f"Newest{client.__name__}", (client,), what | differences)
