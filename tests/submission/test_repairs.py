"""A repair does not change what a student's notebook computes, and each one is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, determine_grade

from grader.submission.names import keep_names_above
from grader.submission.rebuild import Rebuilt, rebuild

STUB_A = 'def a(x):\n    """x -> x + 1"""\n    raise NotImplementedError("ここに書く")'
STUB_B = (
    "def b(x):\n"
    '    """x -> 2 * x"""\n'
    '    raise NotImplementedError("ここに書く")\n\n\n'
    '# the parts\nparts = {"given": len, "b": b}\n\n\n'
    "def c(x):\n"
    "    raise NotImplementedError"
)
RIGHT_A = "def a(x):\n    return x + 1\n"
RIGHT_B = "def b(x):\n    return 2 * x\n\n\nparts = {'given': len, 'b': b}\n\n\ndef c(x):\n    return -x\n"
PLACEHOLDER = "ここに観察を\n書いてください。"

Cell = dict[str, Any]


def new_cell(kind: str, name: str, source: str, **nbgrader: Any) -> Cell:
    cell: Cell = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    if nbgrader:
        flags = {"grade": False, "solution": False, "locked": False, "schema_version": 3, **nbgrader}
        cell["metadata"]["nbgrader"] = {"grade_id": name, "cell_type": kind, **flags}
    return cell


def code(source: str, name: str = "mine") -> Cell:
    return new_cell("code", name, source)


def text(source: str, name: str = "memo") -> Cell:
    return new_cell("markdown", name, source)


def released() -> list[Cell]:
    """A small assignment: two solution cells with checks, a lesson, and an observation with a text below it."""
    cells = [
        new_cell("markdown", "title", "# Lesson"),
        new_cell("code", "setup", "import math", locked=True),
        new_cell("code", "a", STUB_A, solution=True),
        new_cell("code", "a_checks", "# checks of a", locked=True, grade=True, points=1),
        new_cell("code", "lesson", "lesson = 1"),
        new_cell("code", "b", STUB_B, solution=True),
        new_cell("code", "b_checks", "# checks of b", locked=True, grade=True, points=1),
        new_cell("markdown", "question", "## 観察\n\n次のセルに書いてください。"),
        new_cell("markdown", "observation", PLACEHOLDER, solution=True, grade=True, points=2),
        new_cell("markdown", "closing", "## まとめ"),
    ]
    notebook = nbformat.from_dict(notebook_of(cells))
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.metadata.nbgrader.checksum = checksum(cell)
    return list(json.loads(nbformat.writes(notebook))["cells"])


def checksum(cell: NotebookNode) -> str:
    return str(compute_checksum(cell))


def notebook_of(cells: list[Cell]) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


def rebuilt(cells: list[Cell]) -> Rebuilt:
    clean = rebuild(json.dumps(notebook_of(cells)).encode(), json.dumps(notebook_of(released())).encode())
    nbformat.validate(clean.notebook)
    return clean


def cell_of(cells: Any, name: str) -> Any:
    return next(cell for cell in cells if cell["id"] == name)


def place(cells: list[Cell], name: str) -> int:
    return next(index for index, cell in enumerate(cells) if cell["id"] == name)


def without(cells: list[Cell], *names: str) -> list[Cell]:
    return [cell for cell in cells if cell["id"] not in names]


def insert(cells: list[Cell], index: int, *new: Cell) -> list[Cell]:
    return [*cells[:index], *new, *cells[index:]]


def run(cells: Any, until: str) -> dict[str, Any]:
    """Run the code cells above a checks cell as a kernel does: an exception ends its cell only."""
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["id"] == until:
            return names
        if cell["cell_type"] == "code":
            with suppress(Exception):
                exec(cell["source"], names)
    raise AssertionError(until)


def filled(a: str = RIGHT_A, b: str = RIGHT_B) -> list[Cell]:
    cells = released()
    cell_of(cells, "a")["source"], cell_of(cells, "b")["source"] = a, b
    return cells


def merged_into_a(b: str) -> list[Cell]:
    """The second solution cell is deleted, and its answer stands in the first."""
    return without(filled(a=f"{RIGHT_A}\n\n{b}"), "b")


# Ways to define what the deleted cell should define, all of it above the deleted cell's place.
WAYS = {
    "definitions": RIGHT_B,
    "lambdas": "b = lambda x: 2 * x\nparts = {'given': len, 'b': b}\nc = lambda x: -x",
    "tuple targets": "(b, c), parts = (lambda x: 2 * x, lambda x: -x), {}\nparts['b'] = b",
    "starred targets": "b, *rest = lambda x: 2 * x, lambda x: -x, {}\nc, parts = rest\nparts['b'] = b",
    "classes": "class B:\n    def __call__(self, x):\n        return 2 * x\n\n\nb = B()\nparts = {'b': b}\n\n\n"
    "class C:\n    def __call__(self, x):\n        return -x\n\n\nc = C()",
    "conditions": "if True:\n    def b(x):\n        return 2 * x\n    parts = {'b': b}\nelse:\n    b = None\n"
    "try:\n    c = undefined\nexcept NameError:\n    def c(x):\n        return -x",
    "imports": "from operator import neg as c\nfrom functools import partial\nimport operator\n"
    "b = partial(operator.mul, 2)\nparts = dict(b=b)",
    "a loop": "for name, b in [('b', lambda x: 2 * x)]:\n    parts = {name: b}\nc = lambda x: -x",
    "annotations": "from typing import Any\nb: Any = lambda x: 2 * x\nparts: dict = {'b': b}\nc: Any = lambda x: -x",
    "a walrus": "print((b := lambda x: 2 * x), (c := lambda x: -x), (parts := {'b': b}))",
    "with": "from contextlib import nullcontext as n\n"
    "with n(lambda x: 2 * x) as b, n(lambda x: -x) as c:\n    parts = {'b': b}",
    "exec": "exec('b = lambda x: 2 * x')\nexec('c = lambda x: -x')\nparts = {'b': b}",
    "globals": "globals().update(b=lambda x: 2 * x, c=lambda x: -x, parts={})\nparts['b'] = b",
    "inside a function": "def make():\n    global b, c, parts\n    b, c = lambda x: 2 * x, lambda x: -x\n"
    "    parts = {'b': b}\n\n\nmake()",
    "decorators": "from functools import cache\n"
    "@cache\ndef b(x):\n    return 2 * x\n\n\n"
    "@cache\ndef c(x):\n    return -x\n\n\nparts = {'b': b}",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("where", ["solution cell", "added above", "added at the top", "lesson cell"])
def test_a_stub_put_back_does_not_replace_an_answer_above_it(way: str, where: str) -> None:
    if where == "solution cell":
        cells = merged_into_a(WAYS[way])
    elif where == "lesson cell":
        cells = without(filled(), "b")
        cell_of(cells, "lesson")["source"] = WAYS[way]
    else:
        above = "a_checks" if where == "added above" else "title"
        cells = without(filled(), "b")
        cells = insert(cells, place(cells, above), code(WAYS[way]))
    clean = rebuilt(cells)
    names = run(clean.notebook.cells, "b_checks")
    assert (names["b"](3), names["c"](3), names["parts"]["b"](3)) == (6, -3, 6)
    assert names["a"](1) == 2
    assert any("なくなって" in note and note.endswith("：b") for note in clean.notes)


def test_a_stub_put_back_defines_what_nothing_above_defines() -> None:
    """Of three names only one is defined above: the others come from the stub, so they read as not written yet."""
    names = run(rebuilt(merged_into_a("def c(x):\n    return -x")).notebook.cells, "b_checks")
    assert names["c"](3) == -3
    assert names["parts"]["given"] is len
    with pytest.raises(NotImplementedError):
        names["b"](3)


@pytest.mark.parametrize(
    "above",
    ["def b(x:\n    return 2 * x", "%matplotlib inline\n!ls", "raise ValueError\nb = c = parts = 1",
     "def other():\n    b = c = parts = 1", "[b for b in range(3)]", "# b = c = parts = 1"],
)  # fmt: skip
def test_a_cell_that_defines_nothing_lets_the_stub_stand(above: str) -> None:
    names = run(rebuilt(merged_into_a(above)).notebook.cells, "b_checks")
    assert names["parts"]["given"] is len
    with pytest.raises(NotImplementedError):
        names["b"](3)


def test_an_answer_below_a_missing_cell_replaces_its_stub() -> None:
    """Two added cells where the deleted cell was: the first is taken for its answer, the second runs after it."""
    cells = without(filled(), "b")
    first, second = code("one = 1", "one"), code(RIGHT_B, "two")
    names = run(rebuilt(insert(cells, place(cells, "b_checks"), first, second)).notebook.cells, "b_checks")
    assert (names["b"](3), names["c"](3), names["one"]) == (6, -3, 1)


def test_both_solutions_in_one_cell_at_the_top() -> None:
    cells = insert(without(filled(), "a", "b"), 0, code(f"{RIGHT_A}\n\n{RIGHT_B}"))
    names = run(rebuilt(cells).notebook.cells, "b_checks")
    assert (names["a"](1), names["b"](3), names["c"](3)) == (2, 6, -3)


def test_a_missing_cell_is_the_stub_exactly_where_nothing_was_written_above() -> None:
    clean = rebuilt(without(released(), "a", "b"))
    assert cell_of(clean.notebook.cells, "a").source == STUB_A
    assert cell_of(clean.notebook.cells, "b").source == STUB_B


@pytest.mark.parametrize("kind", ["markdown", "raw"])
@pytest.mark.parametrize("left", [STUB_B, RIGHT_B.replace("2 * x", "0 * x")], ids=["stub", "earlier attempt"])
def test_a_cell_switched_off_by_its_type_does_not_replace_an_answer_above_it(kind: str, left: str) -> None:
    """The student moved the answer up and changed the old cell into text, so a kernel does not run it."""
    cells = filled(a=f"{RIGHT_A}\n\n{RIGHT_B}", b=left)
    switched_off = cell_of(cells, "b")
    switched_off["cell_type"] = kind
    del switched_off["outputs"], switched_off["execution_count"]
    clean = rebuilt(cells)
    names = run(clean.notebook.cells, "b_checks")
    assert (names["b"](3), names["c"](3)) == (6, -3)
    assert any("種類" in note and note.endswith("：b") for note in clean.notes)
    assert any(left.splitlines()[0] in cell.source for cell in clean.notebook.cells), "the text is still shown"


def test_an_answer_too_long_to_grade_does_not_replace_one_above_it() -> None:
    clean = rebuilt(filled(a=f"{RIGHT_A}\n\n{RIGHT_B}", b="#" * 60_000))
    assert run(clean.notebook.cells, "b_checks")["b"](3) == 6


STUB_COPIES: dict[str, Callable[[str], str]] = {
    "exact": lambda stub: stub,
    "blank lines below": lambda stub: stub + "\n\n",
    "blank line above": lambda stub: "\n" + stub,
    "blank lines inside": lambda stub: stub.replace("\n", "\n\n"),
    "trailing spaces": lambda stub: stub.replace("\n", "  \n") + "   ",
    "tabs": lambda stub: stub.replace("    ", "\t"),
    "two spaces": lambda stub: stub.replace("    ", "  "),
    "carriage returns": lambda stub: stub.replace("\n", "\r\n"),
    "ideographic space": lambda stub: stub + "\n\u3000",
    "trailing comment": lambda stub: stub + "  # まだ",
    "comment line": lambda stub: "# 課題\n" + stub + "\n# あとで",
    "byte order mark": lambda stub: "\ufeff" + stub,
}


@pytest.mark.parametrize("how", STUB_COPIES)
@pytest.mark.parametrize("metadata", ["kept", "lost"])
def test_a_pasted_stub_is_not_written_and_does_not_replace_the_answer(how: str, metadata: str) -> None:
    cells = filled()
    copy = json.loads(json.dumps(cell_of(released(), "b")))
    copy |= {"id": "again", "source": STUB_COPIES[how](STUB_B)}
    if metadata == "lost":
        copy["metadata"] = {}
    clean = rebuilt(insert(cells, place(cells, "b") + 1, copy))
    names = run(clean.notebook.cells, "b_checks")
    assert (names["b"](3), names["c"](3)) == (6, -3)
    assert cell_of(clean.notebook.cells, "b").source == RIGHT_B
    assert any("いくつも" in note and note.endswith("：b") for note in clean.notes)


def test_a_stub_left_below_an_answer_in_another_cell_runs_as_in_the_students_kernel() -> None:
    """It was neither missing nor pasted: in a run from top to bottom it is the last definition."""
    names = run(rebuilt(filled(a=f"{RIGHT_A}\n\n{RIGHT_B}", b=STUB_B)).notebook.cells, "b_checks")
    with pytest.raises(NotImplementedError):
        names["b"](3)


def test_statements_that_share_a_name_are_kept_together() -> None:
    source = "x = 1; y = 2\nx = x + 1\n\n# text\nz = '''\n  two\n  lines'''\nnames = {}\nnames['z'] = z\nprint(z)\n"
    for names in ({}, {"x": 10}, {"y": 20}, {"names": {"mine": 1}}, {"z": 0}):
        expected: dict[str, Any] = {}
        exec(source, expected)
        given = dict(names)
        exec(keep_names_above(source), given)
        del expected["__builtins__"], given["__builtins__"]
        if not names:
            assert given == expected
        assert names.items() <= given.items()
        if "z" not in names:
            assert given["z"] == "\n  two\n  lines"


def test_an_instructors_cell_with_magics_is_put_back_as_it_is() -> None:
    assert keep_names_above("%matplotlib inline\nx = 1") == "%matplotlib inline\nx = 1"


# What a person reads: (what is done to the cells, whether a person has to read it)
OBSERVATIONS: dict[str, tuple[Callable[[list[Cell]], list[Cell]], bool]] = {}


def observed(read: bool) -> Callable[[Callable[[list[Cell]], list[Cell]]], Callable[[list[Cell]], list[Cell]]]:
    def add(change: Callable[[list[Cell]], list[Cell]]) -> Callable[[list[Cell]], list[Cell]]:
        OBSERVATIONS[change.__name__.replace("_", " ")] = change, read
        return change

    return add


def with_observation(cells: list[Cell], source: str) -> list[Cell]:
    cell_of(cells, "observation")["source"] = source
    return cells


def below_observation(cells: list[Cell], *new: Cell) -> list[Cell]:
    return insert(cells, place(cells, "observation") + 1, *new)


for _name, _source in {
    "untouched": PLACEHOLDER,
    "a line end below": PLACEHOLDER + "\n",
    "blank lines around": f"\n\n{PLACEHOLDER}\n \n",
    "joined lines": PLACEHOLDER.replace("\n", " "),
    "carriage returns": PLACEHOLDER.replace("\n", "\r\n"),
    "ideographic spaces": PLACEHOLDER.replace("\n", "\u3000\n") + "\u3000",
    "no break spaces": PLACEHOLDER + "\u00a0",
    "zero width space": PLACEHOLDER + "\u200b",
    "emptied": "",
    "only blank": " \n\n\t",
    "one line deleted": PLACEHOLDER.splitlines()[0],
}.items():
    OBSERVATIONS[_name] = partial(with_observation, source=_source), False
for _name, _source in {
    "written": "下がった。",
    "written below in the same cell": PLACEHOLDER + "\n\n下がった。",
    "a part of the placeholder and more": "ここに観察を書いた。",
    "short": "観察",
}.items():
    OBSERVATIONS[_name] = partial(with_observation, source=_source), True


@observed(read=True)
def text_below(cells: list[Cell]) -> list[Cell]:
    return below_observation(cells, text("下がった。"))


@observed(read=True)
def text_below_and_a_line_end(cells: list[Cell]) -> list[Cell]:
    return below_observation(with_observation(cells, PLACEHOLDER + "\n"), text("下がった。"))


@observed(read=True)
def text_below_an_emptied_cell(cells: list[Cell]) -> list[Cell]:
    return below_observation(with_observation(cells, ""), text("下がった。"))


@observed(read=True)
def text_in_a_code_cell_below(cells: list[Cell]) -> list[Cell]:
    return below_observation(cells, code("# 下がった。"))


@observed(read=True)
def english_in_a_code_cell_below(cells: list[Cell]) -> list[Cell]:
    return below_observation(cells, code("The loss of the second run decreased faster."))


@observed(read=False)
def code_below(cells: list[Cell]) -> list[Cell]:
    return below_observation(cells, code("for k in range(3):\n    print(k, math.pi)"))


@observed(read=True)
def text_in_a_raw_cell_below(cells: list[Cell]) -> list[Cell]:
    return below_observation(cells, new_cell("raw", "memo", "下がった。"))


@observed(read=True)
def second_cell_below(cells: list[Cell]) -> list[Cell]:
    return below_observation(cells, text(" ", "blank"), text("下がった。"))


@observed(read=True)
def text_at_the_end_of_the_notebook(cells: list[Cell]) -> list[Cell]:
    return [*cells, text("下がった。")]


@observed(read=True)
def text_right_above(cells: list[Cell]) -> list[Cell]:
    return insert(cells, place(cells, "observation"), text("下がった。"))


@observed(read=True)
def text_in_the_question(cells: list[Cell]) -> list[Cell]:
    cell_of(cells, "question")["source"] += "\n\n下がった。"
    return cells


@observed(read=True)
def text_in_the_lesson_below(cells: list[Cell]) -> list[Cell]:
    cell_of(cells, "closing")["source"] = "下がった。\n\n## まとめ"
    return cells


@observed(read=True)
def text_where_the_cell_was_deleted(cells: list[Cell]) -> list[Cell]:
    return without(below_observation(cells, text("下がった。")), "observation")


@observed(read=False)
def blank_cells_below(cells: list[Cell]) -> list[Cell]:
    return below_observation(cells, text(" \n"), code("\n"))


@observed(read=False)
def the_placeholder_pasted_below(cells: list[Cell]) -> list[Cell]:
    return below_observation(cells, text(PLACEHOLDER + "\n"))


@observed(read=False)
def a_memo_elsewhere(cells: list[Cell]) -> list[Cell]:
    return insert(cells, 1, text("メモ"), code("1 + 1"))


@observed(read=False)
def deleted(cells: list[Cell]) -> list[Cell]:
    return without(cells, "observation")


@observed(read=False)
def line_ends_in_the_cells_around_it(cells: list[Cell]) -> list[Cell]:
    for cell in cells:
        cell["source"] += "\n"
    return cells


@pytest.mark.parametrize("case", OBSERVATIONS)
def test_an_observation_waits_for_a_person_exactly_if_something_was_written(case: str) -> None:
    change, read = OBSERVATIONS[case]
    clean = rebuilt(change(released()))
    score, maximum = determine_grade(cell_of(clean.notebook.cells, "observation"))
    assert (score, maximum) == (None if read else 0, 2)
    if read:
        assert any(
            "下がった" in c.source or "decreased" in c.source or "観察" in c.source for c in clean.notebook.cells
        )


def test_an_observation_written_beside_its_cell_is_told() -> None:
    clean = rebuilt(text_below(released()))
    (note,) = clean.notes
    assert note.endswith("：observation")
    assert cell_of(clean.notebook.cells, "observation").source.startswith(PLACEHOLDER)


def change(name: str, **fields: Any) -> Callable[[list[Cell]], list[Cell]]:
    def changed(cells: list[Cell]) -> list[Cell]:
        cell_of(cells, name).update(fields)
        return cells

    return changed


def doubled(name: str) -> Callable[[list[Cell]], list[Cell]]:
    def pasted(cells: list[Cell]) -> list[Cell]:
        index = place(cells, name)
        return insert(cells, index + 1, {**json.loads(json.dumps(cells[index])), "id": "again"})

    return pasted


def renamed(name: str) -> Callable[[list[Cell]], list[Cell]]:
    def change_grade_id(cells: list[Cell]) -> list[Cell]:
        cell_of(cells, name)["metadata"]["nbgrader"]["grade_id"] = "other"
        return cells

    return change_grade_id


def moved(name: str, to: int) -> Callable[[list[Cell]], list[Cell]]:
    def move(cells: list[Cell]) -> list[Cell]:
        return insert(without(cells, name), to, cell_of(cells, name))

    return move


TOLD: dict[str, tuple[Callable[[list[Cell]], list[Cell]], str, str]] = {
    "locked cell changed": (change("setup", source="import math, os"), "書きかえ", "setup"),
    "a line added to a locked cell": (change("setup", source="import os\nimport math"), "書きかえ", "setup"),
    "locked cell emptied": (change("setup", source=""), "書きかえ", "setup"),
    "comment in a locked cell": (change("setup", source="import math  # 数学"), "書きかえ", "setup"),
    "checks cell changed": (change("a_checks", source="1.0"), "書きかえ", "a_checks"),
    "solution missing": (lambda cells: without(cells, "a"), "なくなって", "a"),
    "locked cell missing": (lambda cells: without(cells, "setup"), "なくなって", "setup"),
    "checks cell missing": (lambda cells: without(cells, "b_checks"), "なくなって", "b_checks"),
    "lesson code missing": (lambda cells: without(cells, "lesson"), "なくなって", "lesson"),
    "lesson text missing": (lambda cells: without(cells, "title"), "なくなって", "title"),
    "observation missing": (lambda cells: without(cells, "observation"), "なくなって", "observation"),
    "solution doubled": (doubled("a"), "いくつも", "a"),
    "locked cell doubled": (doubled("setup"), "いくつも", "setup"),
    "solution renamed": (renamed("a"), "名前", "a"),
    "checks cell renamed": (renamed("a_checks"), "名前", "a_checks"),
    "solution retyped": (change("a", cell_type="raw"), "種類", "a"),
    "locked cell retyped": (change("setup", cell_type="markdown"), "種類", "setup"),
    "lesson code retyped": (change("lesson", cell_type="raw"), "種類", "lesson"),
    "observation retyped": (change("observation", cell_type="code", source="書いた"), "種類", "observation"),
    "solution without metadata": (change("a", metadata={}), "情報", "a"),
    "solution moved up": (moved("b", 0), "順番", "b"),
    "locked cell moved down": (moved("setup", 9), "順番", "setup"),
    "lesson moved": (moved("lesson", 0), "順番", "lesson"),
}
UNTOLD: dict[str, Callable[[list[Cell]], list[Cell]]] = {
    "nothing changed": lambda cells: cells,
    "answers": lambda cells: filled(),
    "line end in a locked cell": change("setup", source="import math\n"),
    "blanks in a locked cell": change("setup", source="\n import  math \r\n"),
    "outputs of a locked cell": change("setup", outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}]),
    "execution count": change("setup", execution_count=7),
    "points": lambda cells: cells,
    "changed lesson": change("lesson", source="lesson = 2"),
    "added cells": lambda cells: insert(cells, 3, code("1"), text("memo")),
    "tags of a locked cell": lambda cells: [{**c, "metadata": {**c["metadata"], "tags": ["x"]}} for c in cells],
}


@pytest.mark.parametrize("case", TOLD)
def test_a_repair_is_told(case: str) -> None:
    repair, word, name = TOLD[case]
    (note,) = rebuilt(repair(released())).notes
    assert word in note
    assert note.endswith(f"：{name}")


@pytest.mark.parametrize("case", UNTOLD)
def test_where_nothing_is_repaired_nothing_is_told(case: str) -> None:
    assert rebuilt(UNTOLD[case](released())).notes == ()
