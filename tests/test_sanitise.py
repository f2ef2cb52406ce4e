"""Whatever is handed in becomes the instructor's notebook with the student's answers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from grader.cells import MAX_BYTES
from grader.sanitise import sanitise

RELEASE = (Path(__file__).parents[1] / "release" / "loss_functions" / "iris.ipynb").read_bytes()
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
    clean = sanitise(RELEASE, RELEASE)
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
    clean = sanitise(handed(mine), RELEASE).notebook
    expected = released()
    cell(expected, "iris_hookup").source = "answer = 1"
    assert clean == expected


def test_unlocked_lesson_cells_keep_the_students_change() -> None:
    mine = released()
    cell(mine, "scatter").source = "import math"
    assert cell(sanitise(handed(mine), RELEASE).notebook, "scatter").source == "import math"


def test_added_cells_stay_in_their_place_as_plain_ones() -> None:
    mine = released()
    place = ids(mine).index("iris_hookup")
    extra = nbformat.v4.new_code_cell(
        "import math", metadata={"tags": ["x"], "nbgrader": {"grade_id": "new", "grade": True}}
    )
    mine.cells.insert(place, extra)
    mine.cells.insert(0, nbformat.v4.new_markdown_cell("memo"))
    clean = sanitise(handed(mine), RELEASE).notebook
    added = clean.cells[ids(clean).index("iris_hookup") - 1]
    assert (added.source, added.metadata) == ("import math", {})
    assert clean.cells[0].source == "memo"
    nbformat.validate(clean)


def test_a_notebook_stripped_of_its_metadata_is_recognised_by_ids() -> None:
    mine = released()
    cell(mine, "iris_hookup").source = "answer = 1"
    for c in mine.cells:
        c.metadata = {}
    clean = sanitise(handed(mine), RELEASE).notebook
    assert cell(clean, "iris_hookup").source == "answer = 1"
    assert ids(clean) == ids(released())


def test_a_notebook_without_ids_is_recognised_by_grade_ids() -> None:
    mine = json.loads(RELEASE)
    mine["nbformat_minor"] = 4
    for c in mine["cells"]:
        if c["id"] == "iris_hookup":
            c["source"] = "answer = 1"
        del c["id"]
    clean = sanitise(handed(mine), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == "answer = 1"
    assert ids(clean.notebook) == ids(released())


def test_a_deleted_solution_comes_back_as_stub_and_is_noted() -> None:
    mine = released()
    mine.cells = [c for c in mine.cells if c.id not in ("iris_hookup", "iris_hookup_checks")]
    clean = sanitise(handed(mine), RELEASE)
    assert clean.notebook == released()
    assert any("iris_hookup" in note for note in clean.notes)


def test_a_doubled_solution_counts_once_and_is_noted() -> None:
    mine = released()
    copy = nbformat.from_dict(json.loads(json.dumps(cell(mine, "iris_hookup"))))
    copy.source, copy.id = "second = 2", "copy"
    mine.cells.insert(ids(mine).index("iris_hookup") + 1, copy)
    clean = sanitise(handed(mine), RELEASE)
    assert cell(clean.notebook, "iris_hookup").source == "second = 2"
    assert any("iris_hookup" in note for note in clean.notes)
    nbformat.validate(clean.notebook)


def test_an_old_format_is_read() -> None:
    mine = nbformat.v4.new_notebook(cells=released().cells)
    cell(mine, "iris_hookup").source = "answer = 1"
    old = nbformat.convert(mine, 3)
    assert "answer = 1" in {c.source for c in sanitise(handed(old), RELEASE).notebook.cells}


@pytest.mark.parametrize(
    "submitted",
    [
        b"", b"\x00\xff" * 100, b"no notebook", b"[]", b"{}", b"null", b'"x"', b'{"cells": 1}', b"[" * 100_000,
        b'{"nbformat": 4, "nbformat_minor": 5, "cells": null, "metadata": {}}',
        b'{"nbformat": 99, "nbformat_minor": 5, "cells": [], "metadata": {}}',
        b'{"nbformat": "4", "cells": []}', b" " * (MAX_BYTES + 1),
    ],
)  # fmt: skip
def test_what_is_no_notebook_gives_the_release_and_the_reason(submitted: bytes) -> None:
    clean = sanitise(submitted, RELEASE)
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
    clean = sanitise(handed(mine), RELEASE)
    nbformat.validate(clean.notebook)
    nbformat.writes(clean.notebook).encode()


def test_outputs_of_the_students_own_run_are_kept_for_the_observation() -> None:
    mine = released()
    figure = nbformat.v4.new_output("display_data", {"image/png": PNG, "text/html": "<script>1</script>"})
    text = nbformat.v4.new_output("stream", text="損失 0.47")
    cell(mine, "iris_training").outputs = [text, figure]
    cell(mine, "iris_data").outputs = [nbformat.v4.new_output("stream", text="of no interest")]
    kept = sanitise(handed(mine), RELEASE).handed_in["iris_observation"]
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
    kept = sanitise(handed(mine), RELEASE).handed_in["iris_observation"]
    assert len(json.dumps(kept)) < 7 << 20
    assert {o.output_type for o in kept} == {"stream"}
