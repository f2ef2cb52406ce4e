"""The outer wall: bubblewrap builds namespaces with a view of a few files, and a fork of the server joins them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from grader.errors import NamespacesError
from grader.sandbox.isolation.syscalls import setns

# mount, cgroup, uts, ipc, pid, net
KINDS = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x20000000 | 0x40000000
USER = 0x10000000
HOME = "/home/student"  # the process's own directory: a file system in memory, with a size
INSIDE = "1000"  # user and group, where a user namespace is needed


class Namespaces:
    """One set, held by a bubblewrap that waits; `end` ends everything inside."""

    def __init__(self, read: Iterable[str], devices: Iterable[str], cover: str, disk_bytes: int) -> None:
        """read: shown read-only at their own places. devices: shown as devices. cover: a directory shown empty.

        Raises NamespacesError.
        """
        bubblewrap = shutil.which("bwrap", path=os.environ.get("PATH") or os.defpath)
        if bubblewrap is None:
            raise NamespacesError("bubblewrap is not installed: apt install bubblewrap")
        self._root = os.geteuid() == 0
        ours, theirs = os.pipe()
        options = [*self._isolation(), "--info-fd", str(theirs), *_view(list(read), list(devices), cover, disk_bytes)]
        told, telling = os.pipe()  # a command line can be read by everyone, and this one names the course's folder
        self._process = subprocess.Popen(
            [bubblewrap, "--args", str(told), "cat"],
            pass_fds=[theirs, told],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.defpath},
        )
        os.close(theirs)
        os.close(told)
        with contextlib.suppress(BrokenPipeError), os.fdopen(telling, "wb") as file:
            file.write(b"".join(os.fsencode(option) + b"\0" for option in options))
        self._inside = ours

    def _isolation(self) -> list[str]:
        kinds = [f"--unshare-{kind}" for kind in ("pid", "net", "ipc", "uts", "cgroup")]
        user = [] if self._root else ["--unshare-user", "--uid", INSIDE, "--gid", INSIDE]
        return [*kinds, *user, "--die-with-parent", "--new-session", "--hostname", "student", "--clearenv"]

    def join(self) -> None:
        """The calling process enters; its children are inside the pid namespace. Raises NamespacesError."""
        process = self._process
        assert process.stdin
        assert process.stdout
        assert process.stderr
        try:
            with os.fdopen(self._inside) as file:
                pid = json.loads(file.read())["child-pid"]
            process.stdin.write(b".")
            process.stdin.flush()
            if process.stdout.read(1) != b".":  # cat runs: everything is mounted
                raise ValueError
            descriptor = os.pidfd_open(pid)
        except (OSError, ValueError, KeyError):
            self.end()
            said = process.stderr.read(1000).decode(errors="replace").strip()
            raise NamespacesError(f"namespaces are not allowed here ({said or 'bubblewrap ended'})") from None
        try:
            setns(descriptor, KINDS if self._root else KINDS | USER)
        except OSError as error:
            self.end()
            raise NamespacesError(f"namespaces cannot be joined here ({error})") from None
        finally:
            os.close(descriptor)

    def end(self) -> None:
        """End bubblewrap, and with it every process inside."""
        self._process.kill()
        self._process.wait()


def _view(read: list[str], devices: list[str], cover: str, disk_bytes: int) -> list[str]:
    """bubblewrap's arguments for the files."""
    view = ["--proc", "/proc", "--dev", "/dev", "--perms", "0755", "--dir", "/home"]
    view += ["--perms", "0700", "--size", str(disk_bytes), "--tmpfs", HOME]
    made = {Path(path) for path in ("/", "/proc", "/dev", "/home", HOME)}
    for path in map(Path, read):
        above = [parent for parent in reversed(path.parents) if parent not in made]
        made.update(above)
        for parent in above:  # bubblewrap would make them 0700
            view += ["--perms", "0755", "--dir", str(parent)]
        linked = path.is_symlink() and path.parent == Path("/")  # /bin → usr/bin
        view += ["--symlink", os.readlink(path), str(path)] if linked else ["--ro-bind-try", str(path), str(path)]
    for device in devices:
        view += ["--dev-bind-try", device, device]
    if any(Path(path) in Path(cover).parents for path in read):
        view += ["--tmpfs", cover, "--remount-ro", cover]
    return [*view, "--remount-ro", "/"]
