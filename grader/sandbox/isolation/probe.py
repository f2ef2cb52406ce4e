"""Find out by trying which walls this host supports."""

from __future__ import annotations

import os
from collections.abc import Collection

from grader.errors import NamespacesError
from grader.sandbox.isolation import cgroup, landlock, seccomp
from grader.sandbox.isolation.bounds import ALL_WALLS, OUTER_WALL, Walls, not_linux
from grader.sandbox.isolation.files import grader_directory, readable
from grader.sandbox.isolation.namespaces import Namespaces

NO_LANDLOCK = (
    "the kernel has no Landlock (needs Linux 5.13 or newer, with landlock in its list of security modules: "
    "boot with lsm=landlock,…; gVisor and old containers have none)"
)


def probe(without: Collection[str] = ()) -> Walls:
    """The walls that can be built here. `without`: names of walls that are switched off, and not tried."""
    if problem := not_linux():
        return Walls(missing={} if "landlock" in without else {"landlock": problem})
    tests = {"landlock": _landlock_problem, "seccomp": seccomp.problem, OUTER_WALL: _namespaces_problem}
    missing = {name: problem for name, test in tests.items() if name not in without and (problem := test())}
    group = cgroup.find_parent()
    return Walls(
        standing=ALL_WALLS - set(without) - set(missing),
        missing=missing,
        landlock=landlock.abi(),
        memory=group.name if group else "watchdog",
    )


def _landlock_problem() -> str:
    return "" if landlock.abi() else NO_LANDLOCK


def _namespaces_problem() -> str:
    """Try to join namespaces, in a child process because joining cannot be undone."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read_end)
            namespaces = Namespaces(
                read=readable(), named={}, devices=(), hidden=grader_directory(), disk_bytes=1 << 20
            )
            namespaces.join()
            namespaces.end()
        except NamespacesError as error:
            os.write(write_end, str(error).encode()[:1000])
        except BaseException as error:
            os.write(write_end, f"namespaces cannot be tried ({error!r})".encode()[:1000])
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as file:
        problem = file.read()
    os.waitpid(child, 0)
    return problem
