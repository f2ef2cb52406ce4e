"""What a process knows of the checks: drawn examples, recorded questions, and which checks each mistake passes.

None of it depends on a student, so one process can take it from another one: reading takes a tenth of the time.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from grader import wire
from grader.checking.assignment import Material
from grader.errors import WireError
from grader.sandbox.runtime.questions import Question

MAX_DEPTH = 8  # of the containers in a check's examples; fewer than a frame can hold


class Check(Protocol):
    """A check that is decorated by `hypothesis.given`."""

    hypothesis: Any  # its `inner_test` is the check without the decorator

    def __call__(self, **arguments: Any) -> None:
        """Let hypothesis run the check. arguments: those that are not drawn."""


@dataclass
class Recording:
    """What is known of one check.

    examples: the check's arguments, as drawn while it passes. questions: those that the check asks about the examples,
    encoded, in order; None until they are recorded. asked: the same, not encoded; empty until the check's body has run
    in this process. passed: digests of all answers of students that have passed.
    """

    examples: list[dict[str, Any]]
    questions: list[bytes] | None = None
    asked: list[Question] = field(default_factory=list)
    passed: set[bytes] = field(default_factory=set)


class Store(Protocol):
    """Keeps bytes by name for other processes with the same code and libraries."""

    def find(self, name: str) -> bytes | None:
        """None where nothing is kept."""

    def add(self, name: str, content: bytes) -> None:
        """Keep them if that is possible."""


class Memory(dict[Check, Recording]):
    """The recordings of a process, by check. Stores get frames of `grader.wire` and JSON, nothing that is evaluated."""

    def __init__(self, store: Store | None = None) -> None:
        super().__init__()
        self._store = store

    def find(self, check: Check) -> Recording | None:
        """The recording of a check, from another process if this one has none yet."""
        kept = self._store.find(_name("recording", *_place(check))) if check not in self and self._store else None
        if kept is not None:
            with suppress(WireError, ValueError, KeyError, TypeError):
                content: Any = wire.decode(kept)
                examples = [dict(example) for example in content["examples"]]
                self[check] = Recording(examples, list(content["questions"]))
        return self.get(check)

    def keep(self, check: Check) -> None:
        """Store the recording of a check for later processes, if a frame can hold it exactly."""
        recording = self[check]
        if self._store and recording.questions is not None and _is_plain(recording.examples):
            with suppress(WireError):
                frame = wire.encode({"examples": recording.examples, "questions": recording.questions})
                self._store.add(_name("recording", *_place(check)), frame)

    def passes(
        self, module: Path, material: Material, mistakes: str, compute: Callable[[], tuple[bool, ...]]
    ) -> tuple[bool, ...]:
        """Which checks of a module some mistakes pass: the stored result, or that of `compute`, which is then stored.

        material: for the fixtures of the module's checks. mistakes: the same text for the same mistakes.
        """
        if self._store is None:
            return compute()
        source = hashlib.sha256(material.source or b"").hexdigest()
        name = _name("passes", str(module), mistakes, source, str(material.data), material.device)
        with suppress(ValueError, TypeError):
            return tuple(map(bool, json.loads(self._store.find(name) or b"")))
        found = compute()
        self._store.add(name, json.dumps(found).encode())
        return found


def _name(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _place(check: Check) -> tuple[str, str]:
    """Where a check is defined: file and name."""
    function = inspect.unwrap(check.hypothesis.inner_test)
    return function.__code__.co_filename, function.__qualname__


def _is_plain(value: object, depth: int = 0) -> bool:
    """Whether decoding the encoded value gives an equal one: a tensor in another memory layout would lose it."""
    if isinstance(value, torch.Tensor):
        return value.is_cpu and value.is_contiguous() and not value.requires_grad and value.dtype in wire.TORCH_DTYPES
    if type(value) is dict:
        return all(type(key) is str and _is_plain(item, depth + 1) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return type(value) in (list, tuple) and depth < MAX_DEPTH and all(_is_plain(item, depth + 1) for item in value)
    if type(value) is int:
        return abs(value) < 2**63
    return value is None or type(value) in (bool, float) or (type(value) is str and len(value) <= wire.MAX_TEXT)
