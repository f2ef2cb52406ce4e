"""Copy the files that were submitted beside the notebooks, without following links."""

from __future__ import annotations

from fnmatch import fnmatch
from importlib.machinery import all_suffixes
from pathlib import Path

from nbgrader.converters.base import BaseConverter

from grader.submission.files import (
    MISLEADING,
    SECRET,
    TIMESTAMP,
    FileBudget,
    can_run_scripts,
    dangerous_character,
    printable,
    regular_files,
)

IMPORTED = tuple(all_suffixes())  # .py, .pyc, .so and others


class CopyRegularFiles(BaseConverter):  # type: ignore[misc]
    """Replaces nbgrader's own copying, which follows links and would read a named pipe forever."""

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copy regular files that browsers do not run, within a size limit: a copy of a sparse file is not sparse.

        What Python could import gets another name: Jupyter starts its kernels in the folder of the notebook, where a
        file `ipykernel_launcher.py` would run as the instructor as soon as the graded notebook is opened.
        The timestamp goes first: without it nbgrader would not see that a later submission is later.
        """
        course = self.coursedir
        source = Path(course.format_path(course.submitted_directory, student_id, assignment_id))
        target = Path(course.format_path(course.autograded_directory, student_id, assignment_id))
        budget = FileBudget()
        for path in sorted(regular_files(source), key=lambda path: path != source / TIMESTAMP):
            name = path.relative_to(source)
            if any(fnmatch(part, pattern) for part in name.parts for pattern in ["*.ipynb", *course.ignore]):
                continue
            try:
                if problem := dangerous_character(name.as_posix(), MISLEADING):
                    raise ValueError(f"its name contains {problem}")
                if can_run_scripts(name.as_posix()):  # a folder of such a name takes the place of a feedback page
                    raise ValueError("a browser would run it")
                if name.parts[0] in (TIMESTAMP, SECRET) and len(name.parts) > 1:
                    raise ValueError(f"nbgrader's {name.parts[0]} is a file")
                content = budget.read(path, name.as_posix(), 1000 * course.max_file_size)
            except ValueError as reason:
                self.log.warning("Left out %s: %s", printable(str(path)), reason)
                continue
            if name.name.lower().endswith(IMPORTED):
                name = name.with_name(f"{name.name}.txt")
                self.log.info("Copied as %s: Python could import it", printable(str(target / name)))
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).unlink(missing_ok=True)
            (target / name).write_bytes(content)
