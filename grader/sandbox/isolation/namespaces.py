"""The outer wall: bubblewrap creates namespaces that show only a few files; a supervisor joins them with setns."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from grader.errors import NamespacesError
from grader.sandbox.isolation.syscalls import setns

# CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET
NAMESPACE_FLAGS = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x20000000 | 0x40000000
CLONE_NEWUSER = 0x10000000
SANDBOX_HOME = "/home/student"  # the student's directory: a tmpfs of limited size
SANDBOX_UID = "1000"  # uid and gid in the user namespace, which an ordinary user needs


class Namespaces:
    """One set of namespaces, held open by a bubblewrap process; `end` kills everything in them."""

    def __init__(
        self,
        *,
        read: Iterable[str],
        named: Mapping[str, str],
        devices: Iterable[str],
        hidden: str,
        disk_bytes: int,
    ) -> None:
        """Start bubblewrap. Raises NamespacesError.

        read: paths shown read-only at the same place. named: name inside → file of the host, shown read-only.
        devices: device files to show. hidden: a directory that is shown empty. disk_bytes: size of the student's
        directory.
        """
        bubblewrap = shutil.which("bwrap", path=os.environ.get("PATH") or os.defpath)
        if bubblewrap is None:
            raise NamespacesError("bubblewrap is not installed: apt install bubblewrap")
        self._root = os.geteuid() == 0
        self._info, info_write = os.pipe()
        view = _file_options(list(read), named, list(devices), hidden, disk_bytes)
        options = [*self._namespace_options(), "--info-fd", str(info_write), *view]
        # Options go through a pipe: everyone can read a command line, and these name the course's folder.
        options_read, options_write = os.pipe()
        self._process = subprocess.Popen(
            [bubblewrap, "--args", str(options_read), "cat"],
            pass_fds=[info_write, options_read],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.defpath},
        )
        os.close(info_write)
        os.close(options_read)
        with contextlib.suppress(BrokenPipeError), os.fdopen(options_write, "wb") as file:
            file.write(b"".join(os.fsencode(option) + b"\0" for option in options))

    def _namespace_options(self) -> list[str]:
        unshare = [f"--unshare-{kind}" for kind in ("pid", "net", "ipc", "uts", "cgroup")]
        user = [] if self._root else ["--unshare-user", "--uid", SANDBOX_UID, "--gid", SANDBOX_UID]
        return [*unshare, *user, "--die-with-parent", "--new-session", "--hostname", "student", "--clearenv"]

    def join(self) -> None:
        """Move the calling process into the namespaces; for the pid namespace, its children. Raises NamespacesError."""
        process = self._process
        assert process.stdin
        assert process.stdout
        assert process.stderr
        try:
            with os.fdopen(self._info) as file:
                pid = json.loads(file.read())["child-pid"]
            process.stdin.write(b".")
            process.stdin.flush()
            if process.stdout.read(1) != b".":  # cat echoes it once everything is mounted
                raise ValueError
            pidfd = os.pidfd_open(pid)
        except (OSError, ValueError, KeyError):
            self.end()
            message = process.stderr.read(1000).decode(errors="replace").strip()
            raise NamespacesError(f"namespaces are not allowed here ({message or 'bubblewrap ended'})") from None
        try:
            setns(pidfd, NAMESPACE_FLAGS if self._root else NAMESPACE_FLAGS | CLONE_NEWUSER)
        except OSError as error:
            self.end()
            raise NamespacesError(f"namespaces cannot be joined here ({error})") from None
        finally:
            os.close(pidfd)

    def end(self) -> None:
        """Kill bubblewrap, and with it every process in the pid namespace."""
        self._process.kill()
        self._process.wait()


def _file_options(
    read: list[str], named: Mapping[str, str], devices: list[str], hidden: str, disk_bytes: int
) -> list[str]:
    """bubblewrap's arguments that build the file system."""
    options = ["--proc", "/proc", "--dev", "/dev", "--perms", "0755", "--dir", "/home"]
    options += ["--perms", "0700", "--size", str(disk_bytes), "--tmpfs", SANDBOX_HOME]
    made = {Path(path) for path in ("/", "/proc", "/dev", "/home", SANDBOX_HOME)}

    def make_parents(path: Path) -> list[str]:
        parents = [parent for parent in reversed(path.parents) if parent not in made]
        made.update(parents)  # bubblewrap would make them with mode 0700
        return [option for parent in parents for option in ("--perms", "0755", "--dir", str(parent))]

    for path in map(Path, read):
        options += make_parents(path)
        linked = path.is_symlink() and path.parent == Path("/")  # such as /bin → usr/bin
        options += ["--symlink", os.readlink(path), str(path)] if linked else ["--ro-bind-try", str(path), str(path)]
    for inside, path_outside in named.items():
        options += [*make_parents(Path(inside)), "--ro-bind", path_outside, inside]
    for device in devices:
        options += ["--dev-bind-try", device, device]
    if any(Path(path) in Path(hidden).parents for path in read):
        options += ["--tmpfs", hidden, "--remount-ro", hidden]
    return [*options, "--remount-ro", "/"]
