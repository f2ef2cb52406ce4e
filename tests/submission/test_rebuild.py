"""Any submitted file becomes the released notebook with the student's answers, or with the reason why not."""

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
from grader.submission import parse
from grader.submission.parse import MAX_CELLS, MAX_NOTEBOOK_BYTES, MAX_PARTS, PART, parse_cells
from grader.submission.rebuild import (
    CELL_ID,
    MAX_CODE_CHARS,
    MAX_PICTURE_TOTAL,
    MAX_SOURCE_CHARS,
    MAX_TEXT_CHARS,
    rebuild,
    shorten_slow_runs,
)

RELEASE = (Path(__file__).parents[2] / "release" / "loss_functions" / "iris.ipynb").read_bytes()
PNG = base64.b64encode(b"\x89PNG picture").decode()


def released() -> NotebookNode:
    return nbformat.reads(RELEASE.decode(), as_version=4)


def to_file(notebook: NotebookNode | dict[str, Any]) -> bytes:
    return json.dumps(notebook).encode()


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.id == name)


def ids(notebook: NotebookNode) -> list[str]:
    return [c.id for c in notebook.cells]


def test_the_release_itself_is_unchanged() -> None:
    clean = rebuild(RELEASE, RELEASE)
    assert clean.notebook == released()
    assert not clean.notes
    assert not clean.unreadable


def test_only_answers_are_taken() -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1"
    cell(mine, "iris_hookup").metadata.nbgrader.points = 100
    cell(mine, "iris_hookup_checks").source = "1000"
    cell(mine, "iris_hookup_checks").metadata.nbgrader.points = 1000
    cell(mine, "iris_training").source = "print('trained')"
    cell(mine, "iris_training").metadata.tags = ["skip-execution"]
    mine.metadata.evil = True
    clean = rebuild(to_file(mine), RELEASE).notebook
    expected = released()
    cell(expected, "iris_hookup").source = "answer = 1"
    assert clean == expected


def test_unlocked_lesson_cells_keep_the_students_change() -> None:
    mine = released()
    cell(mine, "scatter").source = "import math"
    assert cell(rebuild(to_file(mine), RELEASE).notebook, "scatter").source == "import math"


def test_added_cells_keep_their_place_and_lose_their_metadata() -> None:
    mine = released()
    place = ids(mine).index("iris_hookup")
    extra = nbformat.v4.new_code_cell(
        "import math", metadata={"tags": ["x"], "nbgrader": {"grade_id": "new", "grade": True}}
    )
    mine.cells.insert(place, extra)
    mine.cells.insert(0, nbformat.v4.new_markdown_cell("memo"))
    clean = rebuild(to_file(mine), RELEASE).notebook
    added = clean.cells[ids(clean).index("iris_hookup") - 1]
    assert (added.source, added.metadata) == ("import math", {})
    assert clean.cells[0].source == "memo"
    nbformat.validate(clean)


def test_cells_without_metadata_are_matched_by_id() -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1"
    for c in mine.cells:
        c.metadata = {}
    clean = rebuild(to_file(mine), RELEASE).notebook
    assert cell(clean, "iris_hookup").source == "answer = 1"
    assert ids(clean) == ids(released())


def test_cells_without_ids_are_matched_by_grade_id() -> None:
    mine = json.loads(RELEASE)
    mine["nbformat_minor"] = 4
    for c in mine["cells"]:
        if c["id"] == "iris_hookup":
            c["source"] = "answer = 1"
        del c["id"]
    clean = rebuild(to_file(mine), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == "answer = 1"
    assert ids(clean.notebook) == ids(released())


def test_a_deleted_solution_is_replaced_by_the_stub_and_noted() -> None:
    mine = released()
    mine.cells = [c for c in mine.cells if c.id not in ("iris_hookup", "iris_hookup_checks")]
    clean = rebuild(to_file(mine), RELEASE)
    assert clean.notebook == released()
    assert any("iris_hookup" in note for note in clean.notes)


def test_a_duplicated_solution_counts_once_and_is_noted() -> None:
    mine = released()
    copy = nbformat.from_dict(json.loads(json.dumps(cell(mine, "iris_hookup"))))
    copy.source, copy.id = "second = 2", "copy"
    mine.cells.insert(ids(mine).index("iris_hookup") + 1, copy)
    clean = rebuild(to_file(mine), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == "second = 2"
    assert any("iris_hookup" in note for note in clean.notes)
    nbformat.validate(clean.notebook)


def test_of_two_changed_copies_the_last_is_graded_and_the_first_is_kept_before_it() -> None:
    """As in a run from top to bottom, where the last definition counts."""
    mine = released()
    copy = nbformat.from_dict(json.loads(json.dumps(cell(mine, "iris_hookup"))))
    cell(mine, "iris_hookup").source, copy.source, copy.id = "first = 1", "second = 2", "copy"
    mine.cells.insert(ids(mine).index("iris_hookup") + 1, copy)
    clean = rebuild(to_file(mine), RELEASE).notebook
    assert cell(clean, "iris_hookup").source == "second = 2"
    sources = [c.source for c in clean.cells]
    assert sources.index("first = 1") < sources.index("second = 2")


def test_an_unchanged_copy_after_the_answer_is_dropped() -> None:
    mine = released()
    copy = nbformat.from_dict(json.loads(json.dumps(cell(mine, "iris_hookup"))))
    copy.id = "copy"
    cell(mine, "iris_hookup").source = "answer = 1"
    mine.cells.insert(ids(mine).index("iris_hookup") + 1, copy)
    clean = rebuild(to_file(mine), RELEASE).notebook
    assert cell(clean, "iris_hookup").source == "answer = 1"
    assert ids(clean) == ids(released())


def test_cells_without_ids_and_metadata_are_matched_by_position() -> None:
    """Also if the student added a cell before the answer."""
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
    clean = rebuild(to_file(mine), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == answer
    assert cell(clean.notebook, "iris_observation").source == "損失は下がりました。"
    assert "import math" in [c.source for c in clean.notebook.cells]
    (note,) = clean.notes
    assert "iris_hookup, " in note


@pytest.mark.parametrize(
    ("change", "note_start"),
    [
        (lambda c: c.metadata.nbgrader.update(grade_id="mine"), "名前"),
        (lambda c: c.update(cell_type="markdown"), "種類"),
        (lambda c: c.metadata.pop("nbgrader"), "情報"),
    ],
    ids=["renamed", "retyped", "stripped"],
)
def test_changed_metadata_is_repaired_and_noted(change: Any, note_start: str) -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1"
    change(cell(mine, "iris_hookup"))
    clean = rebuild(to_file(mine), RELEASE)
    expected = released()
    cell(expected, "iris_hookup").source = "answer = 1"
    assert clean.notebook == expected
    (note,) = clean.notes
    assert note_start in note
    assert note.endswith("：iris_hookup")


def test_added_cells_get_valid_unique_ids() -> None:
    """Also if their ids are taken, reserved for the grader's cells, or invalid."""
    mine = released()
    there = len(mine.cells)
    reserved = [notes_cell(["x"]).id, handed_in_cell("iris_observation", []).id]
    names = [f"added-{there + 55}" + "-" * more for more in range(57)]
    names += [*reserved, "iris_hookup", "no id!", "", "x" * 65, "mine", "mine"]
    added = [{**nbformat.v4.new_code_cell("1"), "id": name} for name in names]
    mine.cells += nbformat.from_dict(added)
    clean = rebuild(to_file(mine), RELEASE).notebook
    nbformat.validate(clean)
    assert len(clean.cells) == there + len(added)
    assert len(set(ids(clean))) == len(clean.cells)
    assert all(map(CELL_ID.fullmatch, ids(clean)))
    assert not set(reserved) & set(ids(clean))
    assert {"mine", *names[:57]} <= set(ids(clean))


SLOW = {  # the inputs for which pygments is slowest, as far as we know
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
def test_students_code_is_highlighted_fast(slow: str) -> None:
    """Pages are highlighted each time they are opened. The first input took 17 s; time is quadratic in its length."""
    mine = released()
    cell(mine, "iris_hookup").source = SLOW[slow]
    mine.cells.append(nbformat.v4.new_code_cell(SLOW[slow]))
    shown = rebuild(to_file(mine), RELEASE).notebook
    language = shown.metadata.language_info
    assert "pygments_lexer" not in language, "IPython's lexer includes languages in which other inputs are slow"
    highlight = Highlight2HTML(pygments_lexer=language.name)
    begin = time.process_time()
    for source in (cell(shown, "iris_hookup").source, shown.cells[-1].source):
        assert source.strip(), "the code is not dropped"
        highlight(source)
    assert time.process_time() - begin < 3


def test_ordinary_code_is_not_shortened() -> None:
    page = "\n" * 50 + "def f():\n" + " " * 60 + "\n\n\r\n\tx = '%05d' % 1000000 + '\\N{BULLET}{0[a]}'\n" + " " * 198
    assert shorten_slow_runs(page) == page
    for lesson in released().cells:
        assert shorten_slow_runs(lesson.source) == lesson.source


def test_shortening_does_not_change_what_code_does() -> None:
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
    exec(shorten_slow_runs(source), names)
    assert names["y"] == "00007"
    assert shorten_slow_runs(source).count("\n") == 101
    assert len(shorten_slow_runs(source)) < 500


def test_total_code_is_bounded_and_cells_left_out_are_noted() -> None:
    mine = released()
    place = ids(mine).index("iris_hookup")
    each = MAX_SOURCE_CHARS // 2 + 1
    several = MAX_CODE_CHARS // each
    mine.cells[place:place] = [nbformat.v4.new_code_cell("x" * each) for _ in range(several)]
    cell(mine, "iris_hookup").source = "y" * each
    clean = rebuild(to_file(mine), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == cell(released(), "iris_hookup").source
    assert sum(c.source == "x" * each for c in clean.notebook.cells) == several
    (note,) = clean.notes
    assert note.startswith("長すぎる")
    assert note.endswith("：iris_hookup")


@pytest.mark.parametrize("unit", ["x", "&", "\x01", "あ"])
def test_total_text_is_bounded_and_answers_are_always_kept(unit: str) -> None:
    """Text without a limit made a page of 250 MB; what a student pasted above takes nothing from an answer."""
    mine = released()
    mine.cells[:0] = [nbformat.v4.new_markdown_cell(unit * MAX_SOURCE_CHARS) for _ in range(100)]
    for lesson in mine.cells:
        if lesson.cell_type == "markdown" and "nbgrader" not in lesson.metadata and lesson.id != "iris_observation":
            lesson.source = unit * MAX_SOURCE_CHARS
    cell(mine, "iris_observation").source = "観察" * (MAX_SOURCE_CHARS // 2)
    clean = rebuild(to_file(mine), RELEASE)
    kept = [c for c in clean.notebook.cells if c.cell_type == "markdown" and c.source.startswith("<pre")]
    assert len(kept) == MAX_TEXT_CHARS // MAX_SOURCE_CHARS + 1
    assert "観察" in cell(clean.notebook, "iris_observation").source
    assert "長すぎる" in clean.notes[-1]


def test_total_pictures_are_bounded() -> None:
    """50 MB of them made a page of 50 MB, which took 900 MB to write."""
    mine = released()
    large = {"x.png": {"image/png": "A" * 1_000_000}}
    mine.cells[:0] = [nbformat.v4.new_markdown_cell("![x](attachment:x.png)", attachments=large) for _ in range(14)]
    cells = rebuild(to_file(mine), RELEASE).notebook.cells[:14]
    assert [cell.get("attachments") for cell in cells] == [large] * (MAX_PICTURE_TOTAL // 1_000_000) + [None] * 2
    assert cells[-1].source.startswith("<pre")


def test_an_added_cell_that_is_too_long_is_left_empty_and_noted() -> None:
    mine = released()
    mine.cells.append(nbformat.v4.new_code_cell("x = 1\n" * MAX_SOURCE_CHARS, id="mine"))
    clean = rebuild(to_file(mine), RELEASE)
    assert cell(clean.notebook, "mine").source == ""
    assert "長すぎる" in clean.notes[0]
    assert "mine" in clean.notes[0]


def test_an_answer_that_is_too_long_is_noted() -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "x" * (MAX_SOURCE_CHARS + 1)
    clean = rebuild(to_file(mine), RELEASE)
    assert clean.notebook == released()
    assert "長すぎる" in clean.notes[0]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_old_formats_are_read(version: int) -> None:
    """The answer is matched, and the result is deterministic, although nbformat generates random ids."""
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
    clean = rebuild(to_file(old), RELEASE)
    assert clean == rebuild(to_file(old), RELEASE)
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
    submitted = to_file({"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]})
    assert parse_cells(submitted)[0].source == "## My notes"
    kept = rebuild(submitted, RELEASE).kept_outputs["iris_observation"]
    assert [o.get("text", "").strip() or o.data["image/png"] for o in kept] == ["0.5", PNG, "done\nno"]


@pytest.mark.parametrize(
    "old",
    [
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "heading", "level": 10**9, "source": "x"}]}]},
        {"nbformat": 1, "cells": [{"cell_type": "text", "text": "x" * 10**6}, *[{"cell_type": "x"}] * 1000]},
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "1",
                                                   "outputs": [{"output_type": "x"}] * 10_000}]}]},
    ],
    ids=["heading level", "unknown cell types", "unknown output types"],
)  # fmt: skip
def test_upgrading_an_old_format_takes_bounded_memory(old: dict[str, Any]) -> None:
    submitted = to_file(old)
    tracemalloc.start()
    try:
        assert not rebuild(submitted, RELEASE).unreadable
        assert tracemalloc.get_traced_memory()[1] < 100 * len(submitted) + (30 << 20)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("level", [0, -3, 7, 2.5, "3", None, True, [1]])
def test_a_heading_of_any_level_is_read(level: Any) -> None:
    cells = [{"cell_type": "heading", "level": level, "source": "x"}]
    (heading,) = parse_cells(to_file({"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert heading.source in ("# x", "###### x")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp932"])
def test_other_encodings_are_read(encoding: str) -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1  # 答え"
    for lesson in mine.cells:
        lesson.source = lesson.source.encode("cp932", "replace").decode("cp932")
    data = json.dumps(mine, ensure_ascii=False).encode(encoding)
    assert cell(rebuild(data, RELEASE).notebook, "iris_hookup").source == "answer = 1  # 答え"


def test_a_file_with_a_few_invalid_bytes_is_read() -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1  # @"
    data = json.dumps(mine).encode().replace(b"# @", b"# caf\xe9 \xff")
    assert cell(rebuild(data, RELEASE).notebook, "iris_hookup").source.startswith("answer = 1  # caf")


def test_a_reason_instead_of_a_file_is_passed_on() -> None:
    assert rebuild("ファイルではありません", RELEASE).unreadable == "ファイルではありません"


@pytest.mark.parametrize(
    "submitted",
    [
        b"", b"\x00\xff" * 100, b"no notebook", b"[]", b"{}", b"null", b'"x"', b'{"cells": 1}', b"[" * 100_000,
        b'{"nbformat": 4, "nbformat_minor": 5, "cells": null, "metadata": {}}',
        b'{"nbformat": 99, "nbformat_minor": 5, "cells": [], "metadata": {}}',
        b'{"nbformat": "4", "cells": []}', b" " * (MAX_NOTEBOOK_BYTES + 1),
        b'{"cells": "x"}', b'{"cells": {}}', b'{"cells": [' + b"{}," * MAX_PARTS + b"{}]}", b'{"nbformat": 3}',
        b'{"nbformat": 3, "worksheets": [{"cells": [' + b"{}," * MAX_PARTS + b"{}]}]}",
        b'{"nbformat": 4, "cells": [' + b"{}," * MAX_CELLS + b"{}]}", b'{"nbformat": [1], "cells": 3}',
    ],
    ids=lambda submitted: f"{submitted[:20]!r} {len(submitted)}",
)  # fmt: skip
def test_a_file_that_is_not_a_notebook_gives_the_release_and_the_reason(submitted: bytes) -> None:
    clean = rebuild(submitted, RELEASE)
    assert clean.unreadable or clean.notes
    assert clean.notebook == released()


FILLINGS = ['"ab",', '"😀",', "1.5,", "[],", "{},", '{"a":1},', '"a","b",', "null,", '"\\"",']


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_file_of_very_many_values_is_not_parsed(filling: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """50 MB of short strings took 800 MB as objects. It does not matter where in the file they are."""
    monkeypatch.setattr(json, "loads", lambda text: pytest.fail("parsed"))
    monkeypatch.setattr(parse, "MAX_PARTS", 1000)
    for place in ('{"cells":[],"x":[%s0]}', '{"cells":[{"source":[%s0]}]}', '{"cells":[{"outputs":[%s0]}]}'):
        content = (place % (filling * 1000)).encode(encoding)
        with pytest.raises(ValueError, match="多すぎます"):
            parse_cells(content)


@pytest.mark.parametrize("text", ["[{,", '\\"[', "a,b\\\\", "\u5c22\u2c22,", '\\u0022,"'.replace('"', '\\"')])
def test_what_is_inside_a_string_is_not_counted(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a table that a cell has printed."""
    monkeypatch.setattr(parse, "MAX_PARTS", 20_000)
    mine = released()
    cell(mine, "iris_hookup").source = "x = 1"
    cell(mine, "iris_training").outputs = [nbformat.v4.new_output("stream", text=text * 20_000)]
    assert len(parse_cells(to_file(mine))) == len(mine.cells)


def test_counting_reads_a_string_without_end_once() -> None:
    assert len(list(PART.finditer('"' + '\\"' * 100_000))) == 1
    assert len(list(PART.finditer('"a' + "\\" * 100_001))) <= 2


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
def test_malformed_cells_give_a_valid_notebook(odd: Any) -> None:
    mine = json.loads(RELEASE)
    mine["cells"].insert(3, odd)
    mine["cells"].append(odd)
    clean = rebuild(to_file(mine), RELEASE)
    nbformat.validate(clean.notebook)
    nbformat.writes(clean.notebook).encode()


def test_outputs_of_the_students_own_run_are_kept_for_the_observation() -> None:
    mine = released()
    figure = nbformat.v4.new_output("display_data", {"image/png": PNG, "text/html": "<script>1</script>"})
    text = nbformat.v4.new_output("stream", text="損失 0.47")
    cell(mine, "iris_training").outputs = [text, figure]
    cell(mine, "iris_data").outputs = [nbformat.v4.new_output("stream", text="from an untagged cell")]
    kept = rebuild(to_file(mine), RELEASE).kept_outputs["iris_observation"]
    assert [o.output_type for o in kept] == ["stream", "display_data"]
    assert kept[0].text.strip() == "損失 0.47"
    assert kept[1].data["image/png"] == PNG
    assert "script" not in json.dumps(kept)


def test_kept_outputs_are_bounded_and_inert() -> None:
    mine = released()
    svg = {"data": {"image/svg+xml": "<svg onload='x'/>"}, "output_type": "display_data", "metadata": {}}
    score = {"data": {"text/plain": "4.0"}, "output_type": "execute_result", "metadata": {}, "execution_count": 1}
    many = [nbformat.v4.new_output("stream", text="x" * 10**6)] * 40
    cell(mine, "iris_training").outputs = [svg, score, None, 3, *many]
    kept = rebuild(to_file(mine), RELEASE).kept_outputs["iris_observation"]
    assert len(json.dumps(kept)) < 7 << 20
    assert {o.output_type for o in kept} == {"stream"}
