"""The tree of exceptions: it is as its docstring draws it, and every class can be pickled."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

import grader.nbgrader_plugin.converter  # noqa: F401  (defines NotGraded)
from grader import errors
from grader.errors import GraderError

ARGUMENTS = {
    "Mismatch": ("softmax([[0, 89]])", "[[0, nan]]", "[[0, 1]]", "差は最大 nan"),
    "StudentRaised": ("softmax([[0, 89]])", "ValueError", "no", "raise ValueError('no')", "softmax"),
}


def classes(base: type[GraderError] = GraderError) -> list[type[GraderError]]:
    """`base` and all its subclasses in this package."""
    below = [subclass for subclass in base.__subclasses__() if subclass.__module__.startswith("grader.")]
    return [base, *(name for subclass in below for name in classes(subclass))]


def drawn() -> dict[str, str]:
    """Name → name of the base class, as in the docstring of `grader.errors`."""
    bases: dict[str, str] = {}
    path: list[str] = []
    for branch, name in re.findall(r"^([│├└─ ]*)(\w+)(?: {2,}.*)?$", errors.__doc__ or "", re.MULTILINE):
        depth = len(branch) // 4
        path[depth:] = [name]
        if depth:
            bases[name] = path[depth - 1]
    return bases


def test_the_docstring_draws_the_tree() -> None:
    real = {error.__name__: error.__mro__[1].__name__ for error in classes()[1:]}
    assert drawn() == real


def test_every_class_has_a_docstring_of_its_own() -> None:
    assert not [error for error in classes() if not inspect.getdoc(error) or not error.__doc__]


@pytest.mark.parametrize("error", classes(), ids=lambda error: error.__name__)
def test_pickling_keeps_attributes_and_text(error: type[GraderError]) -> None:
    """Errors are sent from worker processes to the main one."""
    raised = error(*ARGUMENTS.get(error.__name__, ("a message",)))
    copy = pickle.loads(pickle.dumps(raised))
    assert type(copy) is error
    assert (copy.args, vars(copy), str(copy)) == (raised.args, vars(raised), str(raised))
