"""Decide once per fork server how its students' processes are confined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.sandbox.isolation import cgroup, files, privileges
from grader.sandbox.isolation.bounds import Bounds, Walls
from grader.sandbox.isolation.probe import probe
from grader.sandbox.processes.messages import ServerConfiguration


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What all students' processes of one fork server have in common.

    cgroup_parent: where control groups that limit memory are made, or None. readable: paths of the host.
    some_unreadable: the student's user cannot read some of `readable`. gpu_devices: empty if students may not use them.
    """

    walls: Walls
    bounds: Bounds
    cgroup_parent: cgroup.CgroupParent | None
    readable: Sequence[str]
    some_unreadable: bool
    gpu_devices: Sequence[str]


def make_plan(configuration: ServerConfiguration) -> Plan:
    """Try the walls on this host, and collect the files and devices."""
    walls = probe(frozenset(configuration.without))
    uid = privileges.unused_uid()
    readable = [*files.readable(), *(files.GPU_FILES if configuration.gpu else ())]
    return Plan(
        walls=walls,
        bounds=configuration.bounds,
        cgroup_parent=cgroup.find_parent() if "rlimits" in walls.standing else None,
        readable=readable,
        some_unreadable=uid is not None and bool(files.unreadable_by(uid, readable)),
        gpu_devices=files.gpu_devices() if configuration.gpu else (),
    )
