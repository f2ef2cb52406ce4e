"""Digests of everything that grades depend on: `make grade` grades a submission again if its digest has changed."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import json
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import LazyConfigValue

from grader.batch.job import code_digest, resolve_device
from grader.checking.assignment import DataFile, find
from grader.nbgrader_plugin.course import Course
from grader.submission.files import digest_files

LIBRARIES = "nbgrader", "nbconvert"  # those of a job are in `code_digest`
OWN = {"grader", "nbgrader", "nbconvert"}  # top-level modules whose code is covered by digest and versions


def fingerprints(course: Course, students: Iterable[str], data: DataFile | None) -> dict[str, str]:
    """For each student, the digest of the submission, its due date, and everything that all grades depend on.

    data: the assignment's data file.
    """
    assignment = find(course.assignment)
    sources = course.folder("source").parent
    trusted = {sources / course.assignment, sources / (assignment.original if assignment else course.assignment)}
    common = [
        code_digest(),
        *map(version, [*LIBRARIES, *(assignment.libraries if assignment else ())]),
        digest_files([*sorted(trusted), course.folder("release"), *sorted(course.root.glob("*.py"))]),
        config_digest(course.settings),
        str(course.without_walls),
        data.sha256 if data else "",
        resolve_device(course.device),
    ]
    dates = course.due_dates(students)
    return {s: _digest([course.submission_digest(s), dates[s], *common]) for s in dates}


def config_digest(config: Config) -> str:
    """A digest of a configuration and of the code of the classes that it names, of plug-ins for instance."""
    files = sorted({path for path in _code_files(config) if path.is_file()})
    return _digest([_canonical(config), digest_files(files)])


def _canonical(value: object) -> str:
    """A text that is the same for equal settings in every process; classes and functions stand for their names."""
    if isinstance(value, dict):  # reading `config.Some` adds an empty section
        items = [(key, item) for key, item in value.items() if item or not isinstance(item, Config)]
        return f"{{{', '.join(sorted(f'{key!r}: {_canonical(item)}' for key, item in items))}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_canonical, value))}]"
    if isinstance(value, (set, frozenset)):
        return f"{{{', '.join(sorted(map(_canonical, value)))}}}"
    if value is None or isinstance(value, (str, bytes, int, float, Path)):
        return repr(value)
    if isinstance(value, LazyConfigValue):  # c.Some.trait.append(…)
        return _canonical(value.to_dict())
    return str(getattr(value, "__qualname__", type(value).__qualname__))  # repr may contain an address


def _code_files(value: object) -> Iterator[Path]:
    """The source files of the classes, functions and dotted names in a configuration."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _code_files(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _code_files(item)
    elif isinstance(value, str) and value.replace(".", "").isidentifier() and value.partition(".")[0] not in OWN:
        yield from _source_of_name(value)
    elif (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.partition(".")[0] not in OWN:
        yield Path(inspect.getsourcefile(value) or "")


def _source_of_name(dotted: str) -> Iterator[Path]:
    module = dotted.rpartition(".")[0]
    try:
        spec = importlib.util.find_spec(module) if module else None
    except (ImportError, ValueError):
        return
    if spec and spec.origin:
        yield Path(spec.origin)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode(errors="replace")).hexdigest()
