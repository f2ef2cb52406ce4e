"""The Validate button, as students use it: nbgrader's own validator, on a release without any configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.assignments.loss_functions import GRADING_BUDGET, IMAGES_VARIABLE
from grader.assignments.loss_functions.training.images import stand_in
from grader.nbgrader_plugin.course import PROJECT
from tests.helpers.course_fixture import ASSIGNMENT, RIGHT, bank_source, command, filled
from tests.helpers.loss_functions import IMAGES

NOT_YET = "まだ書かれていません"
UNTOUCHED = {
    "imbalanced_cifar10": [
        f"課題 3-1 inverse_ratio_weights：{NOT_YET}",
        f"課題 3-2 make_criterion：{NOT_YET}",
        "課題 3 重みありの学習：最後まで終わっていません",
        "You did not provide a response.",
    ],
    "iris": [f"課題 2 交差エントロピーをつなぐ：{NOT_YET}", "You did not provide a response."],
}
HALF = {"losses": ["課題 1 (b) cross_entropy：6 個の確認のうち 3 個が ✗ です"]}
SEEN = "少ないクラスの再現率が上がりました。"
OBSERVED = {"iris_observation": SEEN, "cifar10_observation": SEEN}
MISTAKEN = {"softmax": "functional", "cross_entropy": "sum_instead_of_mean"}


@pytest.mark.parametrize(
    ("answers", "texts", "told"),
    [({}, {}, UNTOUCHED), (MISTAKEN, {}, HALF), (RIGHT, OBSERVED, dict.fromkeys(UNTOUCHED, []))],
    ids=["untouched", "half", "right"],
)
def test_validate_tells_the_truth(
    tmp_path: Path, answers: Mapping[str, str], texts: Mapping[str, str], told: Mapping[str, list[str]]
) -> None:
    stand_in(IMAGES)
    variables = {IMAGES_VARIABLE: IMAGES} | (GRADING_BUDGET if told is UNTOUCHED else {})  # else half a minute
    cells = {cell: bank_source(cell, name) for cell, name in answers.items()} | dict(texts)
    for name in told:
        release = PROJECT / "release" / ASSIGNMENT / f"{name}.ipynb"
        (tmp_path / release.name).write_text(filled(release, cells))
        done = command("nbgrader", "validate", release.name, cwd=tmp_path, variables=variables)
        assert done.returncode == 0, done.stderr
        errors = re.findall(r"The error was:\n\n(.*?)\n(?:\n=|\Z)", done.stdout, re.DOTALL)
        assert [" ".join(error.split()) for error in errors] == told[name], done.stdout
        assert ("Success! Your notebook passes all the tests." in done.stdout) == (not told[name])
