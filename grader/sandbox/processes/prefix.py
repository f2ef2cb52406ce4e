"""Run the first cells of a notebook once, for all students who have left them as released, before they are forked.

Only released code runs here, with the student's environment and in an empty folder, but without a wall. What it leaves
in the process must be what each student's process would have: if it has started a thread or a program, kept a file
open, wanted a socket, written a file, changed the environment, told its folder or shown an error, it is not used.
"""

from __future__ import annotations

import gc
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from unittest.mock import patch

from grader.sandbox.isolation.confine import close_descriptors_except
from grader.sandbox.processes.child import directories, seed
from grader.sandbox.runtime.serve import reply_of
from grader.sandbox.runtime.shell import Shell, after_fork, before_fork


def run_prefix(
    shell: Shell, prefix: Iterable[str], environment: Mapping[str, str], directory: str, keep: Iterable[int]
) -> bool:
    """Run the cells in this process, a fork of the fork server → whether students' processes can be forked from it.

    Their replies are kept in the shell. environment: the student's, without the names of its directory. directory:
    where an empty one is made. keep: descriptors that stay open besides 1 and 2. Raises OSError.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    close_descriptors_except({1, 2, *keep})
    home = tempfile.mkdtemp(dir=directory)
    standard = {number: os.dup(number) for number in (1, 2)}
    os.environ.clear()
    os.environ.update({**environment, **directories(home)})
    os.chdir(home)
    after_fork(shell)
    gc.enable()
    seed()
    sys.path.insert(0, home)
    descriptors, before, failed = _descriptors(), _traces(home), False
    with patch.object(socket, "socket", side_effect=PermissionError(1, "Operation not permitted")) as sockets:
        for source in prefix:
            ran = shell.run(source)
            failed = failed or any(output["output_type"] == "error" for output in ran.outputs)
            shell.ran.append((source, reply_of(ran)))
    gc.collect()
    left = sockets.called or _traces(home) != before or not _fork_has(descriptors)
    usable = not (failed or left or _tells(directory, shell, environment))
    sys.path.remove(home)
    before_fork(shell)
    for number, copy in standard.items():
        os.dup2(copy, number)
        os.close(copy)
    os.chdir("/")
    shutil.rmtree(home, ignore_errors=True)
    gc.freeze()
    gc.disable()
    return usable


def _traces(home: str) -> tuple[object, ...]:
    """What cells may leave behind besides Python objects."""
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        children = file.read(), resource.getrusage(resource.RUSAGE_CHILDREN)
    return len(os.listdir("/proc/self/task")), children, dict(os.environ), os.getcwd(), os.listdir(home)


def _tells(directory: str, shell: Shell, environment: Mapping[str, str]) -> bool:
    """Whether a cell shows or keeps a path that is another one in a student's process; files' own are renamed there."""
    kept = [str(value) for value in shell.user_ns.values() if isinstance(value, (str, PurePath))]
    paths = [path for path in kept if path not in environment.values()]
    return any(directory in text for text in (*paths, *(str(reply) for _, reply in shell.ran)))


def _fork_has(descriptors: Mapping[str, str]) -> bool:
    """Whether a fork has these open descriptors and no others. Libraries close some of their own when they fork."""
    pid = os.fork()
    if pid == 0:
        gc.collect()
        os._exit(_descriptors() != descriptors)
    return os.waitpid(pid, 0)[1] == 0


def _descriptors() -> dict[str, str]:
    """The open descriptors, without the one that lists them."""
    names = os.listdir("/proc/self/fd")
    return {name: os.readlink(path) for name in names if os.path.lexists(path := f"/proc/self/fd/{name}")}
