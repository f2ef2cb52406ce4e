"""Rebuild a submission: the released notebook with the student's answers filled in.

The student's file is never patched. The result is the released notebook with the text of the student's solution cells,
their changes to unlocked lesson cells, and the cells that they added, without metadata. Metadata, points and checks
always come from the released notebook; a student's Markdown is cleaned.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import count, takewhile

import nbformat
from nbformat import NotebookNode

from grader.submission.clean_html import clean_markdown, preformatted
from grader.submission.clean_outputs import kept_outputs as small_outputs
from grader.submission.language import N_, gettext
from grader.submission.match import Match, is_graded, is_locked, is_solution, is_written
from grader.submission.names import defines_any, keep_names_above, names_of
from grader.submission.parse import MAX_CELL_PICTURE_CHARS, MAX_PICTURE_CHARS, SubmittedCell, parse_cells

MAX_SOURCE_CHARS = 50_000  # of one cell; pages highlight it with patterns, some of which are quadratic in its length
MAX_UNSHORTENED_CHARS = 4 * MAX_SOURCE_CHARS  # before white space is shortened, which takes 1 s for a million
MAX_CODE_CHARS = 200_000  # of a student's code in one notebook, 2 s of highlighting; a release has 16,000
MAX_PICTURE_TOTAL = 2 * MAX_CELL_PICTURE_CHARS  # of base64 pasted into the text cells of one notebook
MAX_TEXT_CHARS = 500_000  # of the text cells that a student added or changed, answers excepted
MAX_RENDERED_CHARS = 100_000  # of a student's Markdown in one notebook; the rest is shown as preformatted text
WRITTEN_BESIDE = N_("（このセルには書かれていませんが、そばのセルに文章があるので、教員がそれを読んで採点します。）")
# A text typed into a code cell: other than ASCII, a comment, or five words in a row.
PROSE = re.compile(r"[^\x00-\x7f]|^[ \t]*#|(?<![A-Za-z'])(?:[A-Za-z']+[ ,]+){4}[A-Za-z']", re.M)
MAX_SEARCHED = 5000  # characters of a code cell in which such a text is looked for
KEEP_OUTPUT_TAG = "keep-output"  # on training and figure cells: a person needs their outputs to grade the observation
MAX_KEPT_CHARS, MAX_KEPT_TOTAL = 20_000, MAX_CELL_PICTURE_CHARS  # of one output's text; of all as JSON
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
RESERVED_PREFIXES = "grader-", "handed-in-"  # of the ids of cells that `grading.report` adds

# Runs that make pygments slow, and what is kept of them.
MAX_WHITESPACE, KEPT_LINE_BREAKS, KEPT_INDENT = 200, 50, 100
LONG_WHITESPACE = re.compile(rf"\s{{{MAX_WHITESPACE},}}")
LONG_FORMAT_FLAGS = re.compile(rf"%[-#0 +]{{{MAX_WHITESPACE},}}")  # as in %05d; many zeros mean the same as one
LONG_CHARACTER_NAME = re.compile(r"\\N\{(?=[^}\n]{100})")  # \N{BULLET}: no name has 100 characters, so it is an error


@dataclass(frozen=True)
class Rebuilt:
    """A submission in the form of the released notebook.

    notebook: ready to run, without outputs. kept_outputs: observation cell id → the student's own outputs to show
    beside it. notes: what was repaired. unreadable: why the submission could not be read, or ""; the notebook is then
    the released one. prefix: sources of the first code cells, as long as they are the release's.
    """

    notebook: NotebookNode
    kept_outputs: dict[str, list[NotebookNode]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unreadable: str = ""
    prefix: tuple[str, ...] = ()


def rebuild(submitted: bytes | str, release: bytes) -> Rebuilt:
    """Rebuild a submission from the released notebook. No content of `submitted` raises an exception.

    submitted: content of the file, or (str) the reason why it could not be read.
    """
    notebook = nbformat.reads(release.decode(), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    try:
        if isinstance(submitted, str):
            raise ValueError(submitted)
        submitted_cells = parse_cells(submitted)
    except ValueError as error:
        return Rebuilt(notebook, unreadable=str(error))
    match = Match(notebook.cells, submitted_cells)
    kept_outputs = _kept_outputs(notebook.cells, match.found)
    released = {cell.id: cell.source for cell in notebook.cells if not (is_solution(cell) or is_graded(cell))}
    writer = _CellWriter({cell.id for cell in notebook.cells})
    added = match.added_cells()
    lessons = _rewritten_lessons(notebook.cells, match.found)
    cells = [writer.new_cell(own) for own in added.get(-1, [])]
    for index, cell in enumerate(notebook.cells):
        answer = match.found.get(index)
        if is_solution(cell):
            if cell.cell_type == "code":
                cells += _answer_cell(cell, answer, writer)
            elif answer and is_written(cell, answer.source):
                writer.fill(cell, answer)
            elif _is_written_beside(index, notebook.cells, lessons, added):
                cell.source += f"\n\n{gettext(WRITTEN_BESIDE)}"
                match.note_repair("beside", cell)
        elif answer and not is_locked(cell) and answer.source != cell.source:
            writer.fill(cell, answer)
        cells += [cell, *(writer.new_cell(own) for own in added.get(index, []))]
    for cell in writer.too_long:
        match.note_repair("long", cell)
    notebook.cells = cells
    return Rebuilt(notebook, kept_outputs, match.notes(), prefix=_shared_prefix(cells, released))


def _shared_prefix(cells: list[NotebookNode], released: dict[str, str]) -> tuple[str, ...]:
    """Sources of the first code cells up to the first that is not the release's. released: sources by cell id."""
    code = (cell for cell in cells if cell.cell_type == "code" and cell.source.strip())
    return tuple(cell.source for cell in takewhile(lambda cell: cell.source == released.get(cell.id), code))


def _answer_cell(cell: NotebookNode, answer: SubmittedCell | None, writer: _CellWriter) -> list[NotebookNode]:
    """Write the answer into a solution cell. → cells to insert before it.

    A stub that stands in for a missing answer, or for one that a kernel would not run, does not replace what the
    student has defined above it.
    """
    stub, before = cell.source, list[NotebookNode]()
    if answer and answer.kind != "code":
        if not is_written(cell, answer.source):
            answer = None
        elif defines_any(writer.code, names_of(stub)):
            before, answer = [writer.new_cell(answer)], None
    if answer is None:
        above = bool(writer.code)
    else:
        too_long = answer.source != stub and not writer.fill(cell, answer)
        above = too_long and defines_any(writer.code, names_of(stub))
    if above:
        cell.source = keep_names_above(stub)
    return before


def _rewritten_lessons(released: list[NotebookNode], found: dict[int, SubmittedCell]) -> set[int]:
    """The unlocked text cells of the lesson that the student has written in, by index."""
    lessons = ((i, cell) for i, cell in enumerate(released) if cell.cell_type != "code" and i in found)
    return {
        i for i, cell in lessons if not (is_locked(cell) or is_solution(cell)) and is_written(cell, found[i].source)
    }


def _is_written_beside(
    index: int, released: list[NotebookNode], lessons: set[int], added: dict[int, list[SubmittedCell]]
) -> bool:
    """Whether the student wrote a text next to an untouched observation, where a person has to read it.

    It counts if it stands in an added cell right above or below it, in a text cell further down before the next
    solution cell, or in the lesson's text right above or below it. index: the observation's, in `released`.
    lessons: see `_rewritten_lessons`.
    """
    next_solution = (place for place in range(index + 1, len(released)) if is_solution(released[place]))
    end = next(next_solution, len(released))
    nearby = [own for own in added.get(index, []) if own.kind != "code" or PROSE.search(own.source[:MAX_SEARCHED])]
    for place in (index - 1, *range(index + 1, end)):
        nearby += [own for own in added.get(place, []) if own.kind != "code"]
    return any(is_written(released[index], own.source) for own in nearby) or not lessons.isdisjoint(
        (index - 1, index + 1)
    )


class _CellWriter:
    """Writes a student's text into cells, within limits for the notebook.

    used_ids: cell ids that are taken. too_long: cells that were left unchanged because a limit was exceeded. code: the
    student's code that has been written so far.
    """

    def __init__(self, used_ids: set[str]) -> None:
        self.too_long: list[NotebookNode] = []
        self.code = ""
        self._used_ids, self._numbers = used_ids, count(len(used_ids))
        self._code_left, self._text_left, self._markdown_left = MAX_CODE_CHARS, MAX_TEXT_CHARS, MAX_RENDERED_CHARS
        self._pictures_left = MAX_PICTURE_TOTAL

    def fill(self, cell: NotebookNode, answer: SubmittedCell) -> bool:
        """Write the answer's text, and its pictures, into a cell. → whether it is short enough."""
        if len(answer.source) > MAX_UNSHORTENED_CHARS:
            self.too_long.append(cell)
            return False
        source = shorten_slow_runs(answer.source)
        is_code = cell.cell_type == "code"
        chars_left = self._code_left if is_code else MAX_SOURCE_CHARS if is_solution(cell) else self._text_left
        if len(source) > min(MAX_SOURCE_CHARS, chars_left):
            self.too_long.append(cell)
            return False
        if is_code:
            self._code_left -= len(source)
            self.code += source + "\n"
            cell.source = source
        else:
            self._text_left -= 0 if is_solution(cell) else len(source)
            self._markdown_left -= len(source)
            rendered = self._markdown_left >= 0
            pictures = self._within_budget(answer.attachments)
            cell.source = clean_markdown(source, pictures) if rendered else preformatted(source)
            if cell.source == source and pictures:
                cell.attachments = pictures
        return True

    def _within_budget(self, pictures: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """The pictures pasted into a cell; none if they are more than what is left for the notebook."""
        size = sum(len(data) for picture in pictures.values() for data in picture.values())
        if size > self._pictures_left:
            return {}
        self._pictures_left -= size
        return pictures

    def new_cell(self, own: SubmittedCell) -> NotebookNode:
        """Return a cell that the student added, with its text only."""
        cell = NotebookNode(nbformat.v4.new_code_cell() if own.kind == "code" else nbformat.v4.new_markdown_cell())
        cell.id = self._unique_id(own.id)
        self.fill(cell, own)
        return cell

    def _unique_id(self, wanted: str) -> str:
        """Return the wanted id if it is valid, unused and not reserved, else a numbered one."""
        if not CELL_ID.fullmatch(wanted) or wanted in self._used_ids or wanted.startswith(RESERVED_PREFIXES):
            wanted = next(name for number in self._numbers if (name := f"added-{number}") not in self._used_ids)
        self._used_ids.add(wanted)
        return wanted


def shorten_slow_runs(source: str) -> str:
    """Shorten runs of characters in which pygments' patterns take quadratic time.

    To Python the text means the same, except inside string literals; ordinary code contains no such run.
    """
    source = LONG_WHITESPACE.sub(_shorter_whitespace, source)
    source = LONG_FORMAT_FLAGS.sub(lambda run: run[0][:MAX_WHITESPACE], source)
    return LONG_CHARACTER_NAME.sub(r"\\N ", source)


def _shorter_whitespace(run: re.Match[str]) -> str:
    """Keep some line breaks, and the indentation of the code that follows."""
    *lines, indentation = re.split(r"\r\n?|\n", run[0])
    return "\n" * min(len(lines), KEPT_LINE_BREAKS) + indentation[:KEPT_INDENT]


def _kept_outputs(cells: list[NotebookNode], found: dict[int, SubmittedCell]) -> dict[str, list[NotebookNode]]:
    """Collect, for each observation cell, the submitted outputs of the tagged cells since the previous one."""
    kept: dict[str, list[NotebookNode]] = {}
    pending: list[NotebookNode] = []
    chars_left = MAX_KEPT_TOTAL
    for index, cell in enumerate(cells):
        if KEEP_OUTPUT_TAG in cell.metadata.get("tags", ()) and index in found:
            small = small_outputs(found[index].outputs, chars_left, MAX_KEPT_CHARS, MAX_PICTURE_CHARS)
            pending += small
            chars_left -= sum(len(json.dumps(output)) for output in small)
        if is_solution(cell) and cell.metadata.nbgrader.get("grade"):
            kept[cell.id], pending = pending, []
    return kept
