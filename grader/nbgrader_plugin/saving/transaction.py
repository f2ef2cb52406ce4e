"""One transaction of the gradebook for all that is saved of one submission: everything, or nothing.

nbgrader opens the gradebook eight times for each notebook, looks up each cell by a query of its own, and commits after
each score. In a transaction all of that is one session: commits only flush, and each notebook's cells are read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SourceCell,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Column, inspect
from sqlalchemy.orm import ColumnProperty, Session, scoped_session, sessionmaker

T = TypeVar("T")

_open: dict[str, SubmissionGradebook] = {}  # by address, while a transaction lasts


def open_gradebook(db_url: str, course_id: str = "default_course") -> Gradebook:
    """The gradebook of the open transaction at this address, or a new one. Replaces nbgrader's class; see `install`."""
    return _open.get(db_url) or Gradebook(db_url, course_id)


def newest_schema() -> str:
    """The version that nbgrader writes into a new gradebook. Replaces its function, which starts a program for it.

    That takes 2 CPU-seconds, most of them imports.
    """
    from alembic.script import ScriptDirectory  # needed for new gradebooks only

    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())


class SubmissionGradebook(Gradebook):  # type: ignore[misc]
    """A gradebook for one transaction after the other. It is opened, and its tables are checked, once."""

    def __init__(self, db_url: str, course_id: str) -> None:
        super().__init__(db_url, course_id)
        super().close()
        self._url = db_url
        self._read: dict[tuple[str, ...], Any] = {}  # what this transaction has read; see `_once`

    def begin(self) -> None:
        """Start a transaction: until `end`, it is what `open_gradebook` gives at this address."""
        self.db = scoped_session(sessionmaker(class_=_Flushing, bind=self.engine, future=True))
        _open[self._url] = self

    def end(self, save: bool) -> None:
        """Save all, or nothing. A second call does nothing.

        Raises SQLAlchemy's OperationalError if the database stays locked.
        """
        if _open.pop(self._url, None) is None:
            return
        try:
            if save:
                self.db().save()
        finally:
            self._read.clear()
            super().close()

    def close(self) -> None:
        """Does nothing: nbgrader closes the gradebook after each step of a submission."""

    def find_assignment(self, name: str) -> Assignment:
        """As nbgrader's."""
        return self._once(super().find_assignment, name)

    def find_submission(self, assignment: str, student: str) -> SubmittedAssignment:
        """As nbgrader's."""
        return self._once(super().find_submission, assignment, student)

    def find_notebook(self, name: str, assignment: str) -> Notebook:
        """As nbgrader's."""
        return self._once(super().find_notebook, name, assignment)

    def find_submission_notebook(self, notebook: str, assignment: str, student: str) -> SubmittedNotebook:
        """As nbgrader's."""
        return self._once(super().find_submission_notebook, notebook, assignment, student)

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> SourceCell:
        """As nbgrader's."""
        cells = self.find_notebook(notebook, assignment).source_cells
        return _named(cells, name) or super().find_source_cell(name, notebook, assignment)

    def find_graded_cell(self, name: str, notebook: str, assignment: str) -> GradeCell | TaskCell:
        """As nbgrader's."""
        found = self.find_notebook(notebook, assignment)
        cell = _named(found.grade_cells, name) or _named(found.task_cells, name)
        return cell or super().find_graded_cell(name, notebook, assignment)

    def find_grade(self, grade_cell: str, notebook: str, assignment: str, student: str) -> Grade:
        """As nbgrader's."""
        grades = self.find_submission_notebook(notebook, assignment, student).grades
        return _named(grades, grade_cell) or super().find_grade(grade_cell, notebook, assignment, student)

    def find_comment(self, solution_cell: str, notebook: str, assignment: str, student: str) -> Comment:
        """As nbgrader's."""
        comments = self.find_submission_notebook(notebook, assignment, student).comments
        return _named(comments, solution_cell) or super().find_comment(solution_cell, notebook, assignment, student)

    def _once(self, find: Callable[..., T], *names: str) -> T:
        """What `find` gives, read once in a transaction. What is not found is asked again: it may be added."""
        key = find.__name__, *names
        if key not in self._read:
            self._read[key] = find(*names)
        return self._read[key]  # type: ignore[no-any-return]


class _Flushing(Session):
    """A session whose commits are those of nbgrader's steps; `save` is the transaction's."""

    def commit(self) -> None:
        """Write what has changed, and forget what the database computes from it, such as a notebook's score."""
        self.flush()
        for entry in self.identity_map.values():
            model: Any = type(entry)
            if computed := _computed(model) & entry.__dict__.keys():
                self.expire(entry, computed)

    def save(self) -> None:
        """Commit."""
        super().commit()


@cache
def _computed(model: Any) -> set[str]:
    """The names of the attributes of a class of entries that the database computes."""
    attributes: Iterable[ColumnProperty[Any]] = inspect(model).column_attrs
    return {attribute.key for attribute in attributes if not isinstance(attribute.columns[0], Column)}


def _named(entries: Iterable[Any], name: str) -> Any:
    return next((entry for entry in entries if entry.name == name), None)
