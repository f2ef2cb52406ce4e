"""Read `histories`, in which the locked training cells of a notebook record their losses."""

from __future__ import annotations

from typing import Any

from grader.checking.comparison import fail
from grader.checking.wording import gettext
from grader.errors import StudentRaised
from grader.student.proxy import Student


def history_of(student: Student, loss_name: str) -> Any:
    """`histories[loss_name]` of the notebook. Raises Mismatch if it is missing: the training cells did not finish."""
    try:
        return student.histories[loss_name].value()
    except StudentRaised as error:
        if error.name not in ("KeyError", "NameError"):
            raise
        expected = gettext("学習のセルが最後まで動くと入ります")
        hint = gettext("学習のセルの出力に、エラーが出ていないか見てください")
        fail(f"histories[{loss_name!r}]", gettext("ありません"), expected, hint)
