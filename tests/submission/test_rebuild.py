"""Whatever is handed in becomes the instructor's notebook with the student's answers."""

from __future__ import annotations

import base64
import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.filters.highlight import Highlight2HTML
from nbformat import NotebookNode

from grader.grading.report import handed_in_cell, notes_cell
from grader.submission.parse import MAX_BYTES, MAX_CELLS, MAX_NODES, cells_of
from grader.submission.rebuild import CELL_ID, MAX_CODE, MAX_SOURCE, calm, rebuild

RELEASE = (Path(__file__).parents[2] / "release" / "loss_functions" / "iris.ipynb").read_bytes()
PNG = base64.b64encode(b"\x89PNG picture").decode()


def released() -> NotebookNode:
    return nbformat.reads(RELEASE.decode(), as_version=4)


def handed(notebook: NotebookNode | dict[str, Any]) -> bytes:
    return json.dumps(notebook).encode()


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.id == name)


def ids(notebook: NotebookNode) -> list[str]:
    return [c.id for c in notebook.cells]


def test_the_release_comes_back_as_it_is() -> None:
    clean = rebuild(RELEASE, RELEASE)
    assert clean.notebook == released()
    assert not clean.notes
    assert not clean.unreadable


def test_answers_are_taken_and_nothing_else() -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1"
    cell(mine, "iris_hookup").metadata.nbgrader.points = 100
    cell(mine, "iris_hookup_checks").source = "1000"
    cell(mine, "iris_hookup_checks").metadata.nbgrader.points = 1000
    cell(mine, "iris_training").source = "print('trained')"
    cell(mine, "iris_training").metadata.tags = ["skip-execution"]
    mine.metadata.evil = True
    clean = rebuild(handed(mine), RELEASE).notebook
    expected = released()
    cell(expected, "iris_hookup").source = "answer = 1"
    assert clean == expected


def test_unlocked_lesson_cells_keep_the_students_change() -> None:
    mine = released()
    cell(mine, "scatter").source = "import math"
    assert cell(rebuild(handed(mine), RELEASE).notebook, "scatter").source == "import math"


def test_added_cells_stay_in_their_place_as_plain_ones() -> None:
    mine = released()
    place = ids(mine).index("iris_hookup")
    extra = nbformat.v4.new_code_cell(
        "import math", metadata={"tags": ["x"], "nbgrader": {"grade_id": "new", "grade": True}}
    )
    mine.cells.insert(place, extra)
    mine.cells.insert(0, nbformat.v4.new_markdown_cell("memo"))
    clean = rebuild(handed(mine), RELEASE).notebook
    added = clean.cells[ids(clean).index("iris_hookup") - 1]
    assert (added.source, added.metadata) == ("import math", {})
    assert clean.cells[0].source == "memo"
    nbformat.validate(clean)


def test_a_notebook_stripped_of_its_metadata_is_recognised_by_ids() -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1"
    for c in mine.cells:
        c.metadata = {}
    clean = rebuild(handed(mine), RELEASE).notebook
    assert cell(clean, "iris_hookup").source == "answer = 1"
    assert ids(clean) == ids(released())


def test_a_notebook_without_ids_is_recognised_by_grade_ids() -> None:
    mine = json.loads(RELEASE)
    mine["nbformat_minor"] = 4
    for c in mine["cells"]:
        if c["id"] == "iris_hookup":
            c["source"] = "answer = 1"
        del c["id"]
    clean = rebuild(handed(mine), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == "answer = 1"
    assert ids(clean.notebook) == ids(released())


def test_a_deleted_solution_comes_back_as_stub_and_is_noted() -> None:
    mine = released()
    mine.cells = [c for c in mine.cells if c.id not in ("iris_hookup", "iris_hookup_checks")]
    clean = rebuild(handed(mine), RELEASE)
    assert clean.notebook == released()
    assert any("iris_hookup" in note for note in clean.notes)


def test_a_doubled_solution_counts_once_and_is_noted() -> None:
    mine = released()
    copy = nbformat.from_dict(json.loads(json.dumps(cell(mine, "iris_hookup"))))
    copy.source, copy.id = "second = 2", "copy"
    mine.cells.insert(ids(mine).index("iris_hookup") + 1, copy)
    clean = rebuild(handed(mine), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == "second = 2"
    assert any("iris_hookup" in note for note in clean.notes)
    nbformat.validate(clean.notebook)


def test_of_two_written_copies_the_last_is_graded_and_the_other_stays_before_it() -> None:
    """As in a run from top to bottom, where the last definition holds."""
    mine = released()
    copy = nbformat.from_dict(json.loads(json.dumps(cell(mine, "iris_hookup"))))
    cell(mine, "iris_hookup").source, copy.source, copy.id = "first = 1", "second = 2", "copy"
    mine.cells.insert(ids(mine).index("iris_hookup") + 1, copy)
    clean = rebuild(handed(mine), RELEASE).notebook
    assert cell(clean, "iris_hookup").source == "second = 2"
    sources = [c.source for c in clean.cells]
    assert sources.index("first = 1") < sources.index("second = 2")


def test_an_empty_copy_behind_the_answer_does_not_undo_it() -> None:
    mine = released()
    copy = nbformat.from_dict(json.loads(json.dumps(cell(mine, "iris_hookup"))))
    copy.id = "copy"
    cell(mine, "iris_hookup").source = "answer = 1"
    mine.cells.insert(ids(mine).index("iris_hookup") + 1, copy)
    clean = rebuild(handed(mine), RELEASE).notebook
    assert cell(clean, "iris_hookup").source == "answer = 1"
    assert ids(clean) == ids(released())


def test_without_any_name_an_answer_is_found_at_its_place() -> None:
    """No ids, no metadata, and a helper of the student's own in front of it."""
    mine = json.loads(RELEASE)
    mine["nbformat_minor"] = 4
    stub = cell(released(), "iris_hookup").source
    answer = stub.replace("raise NotImplementedError", "return 1 #")
    for c in mine["cells"]:
        if c["id"] == "iris_hookup":
            c["source"] = answer
        if c["id"] == "iris_observation":
            c["source"] = "損失は下がりました。"
        del c["id"]
        c["metadata"] = {}
    place = next(i for i, c in enumerate(mine["cells"]) if c["source"] == answer)
    helper = {"cell_type": "code", "metadata": {}, "source": "import math", "outputs": [], "execution_count": None}
    mine["cells"].insert(place, helper)
    clean = rebuild(handed(mine), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == answer
    assert cell(clean.notebook, "iris_observation").source == "損失は下がりました。"
    assert "import math" in [c.source for c in clean.notebook.cells]
    (note,) = clean.notes
    assert "iris_hookup, " in note


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c.metadata.nbgrader.update(grade_id="mine"), "名前"),
        (lambda c: c.update(cell_type="markdown"), "種類"),
        (lambda c: c.metadata.pop("nbgrader"), "情報"),
    ],
    ids=["renamed", "retyped", "stripped"],
)
def test_what_was_changed_is_repaired_and_noted(change: Any, told: str) -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1"
    change(cell(mine, "iris_hookup"))
    clean = rebuild(handed(mine), RELEASE)
    expected = released()
    cell(expected, "iris_hookup").source = "answer = 1"
    assert clean.notebook == expected
    (note,) = clean.notes
    assert told in note
    assert note.endswith("：iris_hookup")


def test_added_cells_have_ids_of_their_own() -> None:
    """Of those that are taken, that the grader gives to its own cells, or that are none."""
    mine = released()
    there = len(mine.cells)
    ours = [notes_cell(["x"]).id, handed_in_cell("iris_observation", []).id]
    names = [f"added-{there + 55}" + "-" * more for more in range(57)]
    names += [*ours, "iris_hookup", "no id!", "", "x" * 65, "mine", "mine"]
    added = [{**nbformat.v4.new_code_cell("1"), "id": name} for name in names]
    mine.cells += nbformat.from_dict(added)
    clean = rebuild(handed(mine), RELEASE).notebook
    nbformat.validate(clean)
    assert len(clean.cells) == there + len(added)
    assert len(set(ids(clean))) == len(clean.cells)
    assert all(map(CELL_ID.fullmatch, ids(clean)))
    assert not set(ours) & set(ids(clean))
    assert {"mine", *names[:57]} <= set(ids(clean))


SLOW = {  # what pygments needs longest for, as far as we know
    "blank lines": "1" + " \n" * 20_000 + "x=1",
    "blank lines, shorter": ("x" + " \n" * 90) * 250,
    "tabs": "1" + "\t\n" * 20_000 + "x=1",
    "form feeds": "1" + "\x0c\n" * 20_000 + "x=1",
    "carriage returns": "1" + " \r" * 20_000 + "x=1",
    "ideographic spaces": "1" + "\u3000\n" * 20_000 + "x=1",
    "spaces": "match" + " " * 40_000 + "x",
    "spaces, shorter": ("match" + " " * 190 + "x\n") * 200,
    "zeros": "'%" + "0" * 40_000 + "'",
    "names of characters": "'" + r"\N{" * 13_000 + "'",
    "items": "'" + "{0[" * 13_000 + "'",
    "line breaks": "1" + "\n" * 40_000 + "x=1",
}


@pytest.mark.parametrize("slow", SLOW)
def test_what_is_shown_is_soon_highlighted(slow: str) -> None:
    """By pages, each time that someone looks. The first of these took 17 s, and four times that twice as long."""
    mine = released()
    cell(mine, "iris_hookup").source = SLOW[slow]
    mine.cells.append(nbformat.v4.new_code_cell(SLOW[slow]))
    shown = rebuild(handed(mine), RELEASE).notebook
    language = shown.metadata.language_info
    assert "pygments_lexer" not in language, "IPython's lexer knows languages in which other things are slow"
    highlight = Highlight2HTML(pygments_lexer=language.name)
    begin = time.process_time()
    for source in (cell(shown, "iris_hookup").source, shown.cells[-1].source):
        assert source.strip(), "it is shown"
        highlight(source)
    assert time.process_time() - begin < 3


def test_a_text_that_is_calm_stays_as_it_is() -> None:
    page = "\n" * 50 + "def f():\n" + " " * 60 + "\n\n\r\n\tx = '%05d' % 1000000 + '\\N{BULLET}{0[a]}'\n" + " " * 198
    assert calm(page) == page
    for lesson in released().cells:
        assert calm(lesson.source) == lesson.source


def test_a_text_is_calmed_without_another_meaning() -> None:
    source = (
        "def f(x):\n    if x:"
        + "  \n" * 300
        + "        return '%"
        + "0" * 300
        + "5d' % x\n"
        + "\r\n \r" * 200
        + "y = f(7)"
    )
    names: dict[str, Any] = {}
    exec(calm(source), names)
    assert names["y"] == "00007"
    assert calm(source).count("\n") == 101
    assert len(calm(source)) < 500


def test_code_is_bounded_in_all_and_what_is_left_out_is_noted() -> None:
    mine = released()
    place = ids(mine).index("iris_hookup")
    each = MAX_SOURCE // 2 + 1
    several = MAX_CODE // each
    mine.cells[place:place] = [nbformat.v4.new_code_cell("x" * each) for _ in range(several)]
    cell(mine, "iris_hookup").source = "y" * each
    clean = rebuild(handed(mine), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == cell(released(), "iris_hookup").source
    assert sum(c.source == "x" * each for c in clean.notebook.cells) == several
    (note,) = clean.notes
    assert note.startswith("長すぎる")
    assert note.endswith("：iris_hookup")


def test_an_added_cell_that_is_too_long_is_not_run_in_part() -> None:
    mine = released()
    mine.cells.append(nbformat.v4.new_code_cell("x = 1\n" * MAX_SOURCE, id="mine"))
    clean = rebuild(handed(mine), RELEASE)
    assert cell(clean.notebook, "mine").source == ""
    assert "長すぎる" in clean.notes[0]
    assert "mine" in clean.notes[0]


def test_an_answer_that_is_too_long_is_noted() -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "x" * (MAX_SOURCE + 1)
    clean = rebuild(handed(mine), RELEASE)
    assert clean.notebook == released()
    assert "長すぎる" in clean.notes[0]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_old_formats_are_read(version: int) -> None:
    """The answer comes to its cell, and the same twice: what nbformat makes up for ids is random."""
    text = cell(released(), "iris_observation").source
    stub = cell(released(), "iris_hookup").source
    code = [stub.replace("raise NotImplementedError", "return 1 #"), "mine = 1"]
    if version == 1:
        cells = [{"cell_type": "code", "code": source} for source in code]
        old: dict[str, Any] = {"cells": [*cells, {"cell_type": "text", "text": text}]}
    else:
        cells = [{"cell_type": "code", "input": source, "language": "python", "outputs": []} for source in code]
        cells.append({"cell_type": "markdown", "source": text})
        old = {"nbformat": version, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    clean = rebuild(handed(old), RELEASE)
    assert clean == rebuild(handed(old), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == code[0]
    assert "mine = 1" in [c.source for c in clean.notebook.cells]
    nbformat.validate(clean.notebook)


def test_an_old_formats_headings_and_outputs_are_read() -> None:
    stub = cell(released(), "iris_training").source
    shown = [
        {"output_type": "pyout", "prompt_number": 1, "text": ["0.", "5"], "metadata": {}},
        {"output_type": "display_data", "png": PNG, "text": "<Figure>"},
        {"output_type": "stream", "stream": "stdout", "text": "done"},
        {"output_type": "pyerr", "ename": "E", "evalue": "no", "traceback": []},
    ]
    cells = [
        {"cell_type": "heading", "level": 2, "source": "My\nnotes", "metadata": {}},
        {"cell_type": "code", "input": stub, "language": "python", "outputs": shown},
    ]
    submitted = handed({"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]})
    assert cells_of(submitted)[0].source == "## My notes"
    kept = rebuild(submitted, RELEASE).handed_in["iris_observation"]
    assert [o.get("text", "").strip() or o.data["image/png"] for o in kept] == ["0.5", PNG, "done", "no"]


@pytest.mark.parametrize(
    "old",
    [
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "heading", "level": 10**9, "source": "x"}]}]},
        {"nbformat": 1, "cells": [{"cell_type": "text", "text": "x" * 10**6}, *[{"cell_type": "x"}] * 1000]},
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "1",
                                                   "outputs": [{"output_type": "x"}] * 10_000}]}]},
    ],
    ids=["the level of a heading", "cells of no known kind", "outputs of no known kind"],
)  # fmt: skip
def test_an_old_format_is_not_multiplied(old: dict[str, Any]) -> None:
    submitted = handed(old)
    tracemalloc.start()
    try:
        assert not rebuild(submitted, RELEASE).unreadable
        assert tracemalloc.get_traced_memory()[1] < 100 * len(submitted) + (30 << 20)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("level", [0, -3, 7, 2.5, "3", None, True, [1]])
def test_a_heading_of_any_level_is_read(level: Any) -> None:
    cells = [{"cell_type": "heading", "level": level, "source": "x"}]
    (heading,) = cells_of(handed({"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert heading.source in ("# x", "###### x")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp932"])
def test_other_encodings_are_read(encoding: str) -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1  # 答え"
    for lesson in mine.cells:
        lesson.source = lesson.source.encode("cp932", "replace").decode("cp932")
    data = json.dumps(mine, ensure_ascii=False).encode(encoding)
    assert cell(rebuild(data, RELEASE).notebook, "iris_hookup").source == "answer = 1  # 答え"


def test_a_file_with_a_few_bytes_that_are_no_text_is_read() -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1  # @"
    data = json.dumps(mine).encode().replace(b"# @", b"# caf\xe9 \xff")
    assert cell(rebuild(data, RELEASE).notebook, "iris_hookup").source.startswith("answer = 1  # caf")


def test_why_a_file_could_not_be_had_is_the_reason() -> None:
    assert rebuild("ファイルではありません", RELEASE).unreadable == "ファイルではありません"


@pytest.mark.parametrize(
    "submitted",
    [
        b"", b"\x00\xff" * 100, b"no notebook", b"[]", b"{}", b"null", b'"x"', b'{"cells": 1}', b"[" * 100_000,
        b'{"nbformat": 4, "nbformat_minor": 5, "cells": null, "metadata": {}}',
        b'{"nbformat": 99, "nbformat_minor": 5, "cells": [], "metadata": {}}',
        b'{"nbformat": "4", "cells": []}', b" " * (MAX_BYTES + 1),
        b'{"cells": "x"}', b'{"cells": {}}', b'{"cells": [' + b"{}," * MAX_NODES + b"{}]}", b'{"nbformat": 3}',
        b'{"nbformat": 3, "worksheets": [{"cells": [' + b"{}," * MAX_NODES + b"{}]}]}",
        b'{"nbformat": 4, "cells": [' + b"{}," * MAX_CELLS + b"{}]}", b'{"nbformat": [1], "cells": 3}',
    ],
    ids=lambda submitted: f"{submitted[:20]!r} {len(submitted)}",
)  # fmt: skip
def test_what_is_no_notebook_gives_the_release_and_the_reason(submitted: bytes) -> None:
    clean = rebuild(submitted, RELEASE)
    assert clean.unreadable or clean.notes
    assert clean.notebook == released()


@pytest.mark.parametrize(
    "odd",
    [
        {"cell_type": "code"}, {"cell_type": "code", "source": 5}, {"cell_type": 3, "source": "x", "metadata": 4},
        {"cell_type": "code", "source": ["a", 1], "metadata": {"nbgrader": []}, "outputs": "x"},
        {"cell_type": "code", "source": "\ud800", "metadata": {"nbgrader": {"grade_id": ["x"]}}, "outputs": [1]},
        {"cell_type": "markdown", "source": "x", "attachments": {"a": {"image/png": 1}, "b": 2}, "metadata": {}},
        {"cell_type": "code", "source": "y", "id": "iris_hookup", "metadata": {"nbgrader": None}, "outputs": []},
        {"cell_type": "code", "source": "y", "id": "../" * 50, "metadata": {}, "outputs": []},
        None, 3, "cell",
    ],
)  # fmt: skip
def test_odd_cells_never_raise_and_always_give_a_valid_notebook(odd: Any) -> None:
    mine = json.loads(RELEASE)
    mine["cells"].insert(3, odd)
    mine["cells"].append(odd)
    clean = rebuild(handed(mine), RELEASE)
    nbformat.validate(clean.notebook)
    nbformat.writes(clean.notebook).encode()


def test_outputs_of_the_students_own_run_are_kept_for_the_observation() -> None:
    mine = released()
    figure = nbformat.v4.new_output("display_data", {"image/png": PNG, "text/html": "<script>1</script>"})
    text = nbformat.v4.new_output("stream", text="損失 0.47")
    cell(mine, "iris_training").outputs = [text, figure]
    cell(mine, "iris_data").outputs = [nbformat.v4.new_output("stream", text="of no interest")]
    kept = rebuild(handed(mine), RELEASE).handed_in["iris_observation"]
    assert [o.output_type for o in kept] == ["stream", "display_data"]
    assert kept[0].text.strip() == "損失 0.47"
    assert kept[1].data["image/png"] == PNG
    assert "script" not in json.dumps(kept)


def test_outputs_that_are_kept_are_bounded_and_inert() -> None:
    mine = released()
    svg = {"data": {"image/svg+xml": "<svg onload='x'/>"}, "output_type": "display_data", "metadata": {}}
    score = {"data": {"text/plain": "4.0"}, "output_type": "execute_result", "metadata": {}, "execution_count": 1}
    many = [nbformat.v4.new_output("stream", text="x" * 10**6)] * 40
    cell(mine, "iris_training").outputs = [svg, score, None, 3, *many]
    kept = rebuild(handed(mine), RELEASE).handed_in["iris_observation"]
    assert len(json.dumps(kept)) < 7 << 20
    assert {o.output_type for o in kept} == {"stream"}
