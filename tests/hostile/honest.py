"""Grade a class of honest students, every right answer of the answer bank, with `python -m grader grade`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.helpers.bank import bank
from tests.helpers.course_fixture import POINTS, RIGHT, hand_in, make_course
from tests.hostile.settings import Setting

RUN_PREFIX = "run_"  # of students whose criterion is an answer of weighted_run


def lost_points(setting: Setting) -> list[str]:
    """One line for each checks cell with less than full marks."""
    styles = {cell: [a.name for a in bank() if a.cell == cell and a.folder == cell and a.right] for cell in RIGHT}
    runs = [a for a in bank() if a.folder == "weighted_run" and a.right]
    with tempfile.TemporaryDirectory(prefix="honest-") as folder:
        course = make_course(Path(folder) / "course")
        for number in range(max(map(len, styles.values()))):
            hand_in(course, f"style{number:02d}", {cell: names[number % len(names)] for cell, names in styles.items()})
        for answer in runs:
            texts = {answer.cell: answer.source}
            hand_in(course, f"{RUN_PREFIX}{answer.name}", {c: n[0] for c, n in styles.items()}, texts=texts)
        if setting.ordinary and os.geteuid() == 0:
            os.chmod(folder, 0o755)
            for path in [course.root, *course.root.rglob("*")]:
                os.chown(path, setting.uid, setting.uid)
        with setting.started("-m", "grader", "grade", "--course", str(course.root)) as (_, lines):
            output = list(lines)
        rows = {row.student: row.scores for row in course.grades()}
    students = max(map(len, styles.values())) + len(runs)
    lost = [
        f"{student}: {cell} {scores.get(cell)} of {points}"
        for student, scores in rows.items()
        for cell, points in POINTS.items()
        if cell.endswith("_checks")
        and scores.get(cell) != points
        # a right answer for the weighted run may use the notebook's RATIOS, and then it loses a point of the criterion
        and not (student.startswith(RUN_PREFIX) and cell == "weighted_criterion_checks")
    ]
    return lost if len(rows) == students else ["".join(output), f"{len(rows)} of {students} are graded", *lost]
