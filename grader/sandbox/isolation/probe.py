"""What this host can give, found out by trying."""

from __future__ import annotations

import os
from collections.abc import Collection

from grader.errors import NamespacesError
from grader.sandbox.isolation import cgroup, landlock, seccomp
from grader.sandbox.isolation.bounds import ALL, OUTER, Walls
from grader.sandbox.isolation.files import own_package, readable
from grader.sandbox.isolation.namespaces import Namespaces

NO_LANDLOCK = (
    "the kernel has no Landlock (needs Linux 5.13 or newer, with landlock in its list of security modules: "
    "boot with lsm=landlock,…; gVisor and old containers have none)"
)


def probe(without: Collection[str] = ()) -> Walls:
    """The walls that can stand here, but for those that are left out by name."""
    tried = {"landlock": _landlock, "seccomp": seccomp.available, OUTER: _namespaces}
    missing = {name: why for name, test in tried.items() if name not in without and (why := test())}
    group = cgroup.parent()
    return Walls(
        standing=ALL - set(without) - set(missing),
        missing=missing,
        landlock=landlock.abi(),
        memory=group.name if group else "watchdog",
    )


def _landlock() -> str:
    return "" if landlock.abi() else NO_LANDLOCK


def _namespaces() -> str:
    """In a child, since there is no way back."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(ours)
            namespaces = Namespaces(readable(), (), own_package(), 1 << 20)
            namespaces.join()
            namespaces.end()
        except NamespacesError as error:
            os.write(theirs, str(error).encode()[:1000])
        except BaseException as error:
            os.write(theirs, f"namespaces cannot be tried ({error!r})".encode()[:1000])
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as file:
        why = file.read()
    os.waitpid(child, 0)
    return why
