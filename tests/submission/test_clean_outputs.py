"""Outputs of a student's cells are rebuilt: valid, bounded, and unchanged if they are harmless."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import nbformat
import pytest

from grader.submission import clean_outputs
from grader.submission.clean_html import PANDAS_STYLE_SHEETS
from grader.submission.clean_outputs import MAX_CHECKED_CHARS, OutputBudget, clean_output
from tests.helpers.course_fixture import PIXEL

# Output of pandas 3.1 for pd.DataFrame({"class": ["car", "cat <b>"], "recall": [0.5, 0.25]}).set_index("class")
TABLE = """<div>
<style scoped>
    .dataframe tbody tr th:only-of-type {
        vertical-align: middle;
    }

    .dataframe tbody tr th {
        vertical-align: top;
    }

    .dataframe thead th {
        text-align: right;
    }
</style>
<table border="1" class="dataframe">
  <thead>
    <tr style="text-align: right;">
      <th></th>
      <th>recall</th>
    </tr>
    <tr>
      <th>class</th>
      <th></th>
    </tr>
  </thead>
  <tbody>
    <tr>
      <th>car</th>
      <td>0.50</td>
    </tr>
    <tr>
      <th>cat &lt;b&gt;</th>
      <td>0.25</td>
    </tr>
  </tbody>
</table>
</div>"""


def display(data: Any, metadata: Any = None) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": metadata or {}}


@pytest.mark.parametrize("heads", range(3))
def test_pandas_tables_keep_their_style_sheet(heads: int) -> None:
    table = TABLE.replace(
        TABLE.partition("<style")[2].partition("<table")[0], PANDAS_STYLE_SHEETS[heads].partition("<style")[2]
    )
    assert table == TABLE or heads
    kept = clean_output(display({"text/html": table})).data["text/html"]
    assert kept.replace("text-align:right", "text-align: right;") == table


def test_figures_are_unchanged() -> None:
    figure = display(
        {"image/png": PIXEL + "\n", "text/plain": "<Figure size 640x480 with 1 Axes>"},
        {"image/png": {"width": 640, "height": 480}},
    )
    assert clean_output(figure) == figure


def test_results_streams_and_errors_are_unchanged() -> None:
    shown = [
        {"output_type": "execute_result", "data": {"text/plain": "tensor([1.])"}, "metadata": {}, "execution_count": 3},
        {"output_type": "stream", "name": "stdout", "text": "損失 0.47 <b>\n"},
        {
            "output_type": "error",
            "ename": "ValueError",
            "evalue": "x < 1",
            "traceback": ["\x1b[31mValueError\x1b[0m: x < 1"],
        },
    ]
    assert OutputBudget().clean(shown) == shown


def test_outputs_are_bounded() -> None:
    many = [display({"text/html": "<b>x</b>" * 10_000, "text/plain": "plain"})] * 100
    cleaned = OutputBudget().clean(many)
    assert sum(len(o.data.get("text/html", "")) for o in cleaned) <= MAX_CHECKED_CHARS
    assert all(o.data["text/plain"] == "plain" for o in cleaned)
    endless = OutputBudget().clean([{"output_type": "stream", "name": "stdout", "text": "x" * (1 << 20)}] * 100)
    assert len(json.dumps(endless)) < 26 << 20
    assert "省きました" in endless[-1].text


@pytest.mark.parametrize("unit", ["\n", "<", "&", '"', "x\n", "<\n"])
def test_lines_and_markup_count_for_what_they_become(unit: str) -> None:
    """12 million empty lines took 1.7 GB when the notebook was written."""
    shown = OutputBudget().clean([{"output_type": "stream", "name": "stdout", "text": unit * 100_000}] * 200)
    text = "".join(output.text for output in shown)
    assert text.count("\n") <= 500_000
    assert len(escape(text)) <= 24 << 20
    assert "省きました" in text
    assert unit * 100_000 in text, "an ordinary log is shown"


def test_a_traceback_of_very_many_parts_becomes_one() -> None:
    raised = {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["x"] * 100_000}
    assert clean_output(raised).traceback == ["\n".join(["x"] * 100_000)]
    assert clean_output({**raised, "traceback": ["x"] * 100}).traceback == ["x"] * 100


def test_html_that_is_dropped_is_charged_to_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking takes the time, whether or not anything is left."""
    checked: list[int] = []
    monkeypatch.setattr(clean_outputs, "clean_html", lambda page: checked.append(len(page)) or "")
    OutputBudget().clean([display({"text/html": "<div>" * 14_000, "text/plain": "plain"})] * 100)
    assert 0 < sum(checked) <= MAX_CHECKED_CHARS


@pytest.mark.parametrize("odd", [None, 3, "x", [], {}, {"output_type": 3}, {"output_type": "display_data", "data": 3},
                                 {"output_type": "display_data", "data": {"text/plain": {"a": 1}, "image/png": [1]}},
                                 {"output_type": "error", "traceback": [1, None, "x"], "ename": {}},
                                 {"output_type": "execute_result", "execution_count": "x", "metadata": 3}])  # fmt: skip
def test_malformed_outputs_become_valid(odd: Any) -> None:
    nbformat.validate(clean_output(odd), ref="output", version=4, version_minor=5)
