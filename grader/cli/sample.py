"""A made-up class: the released notebooks with answers from the answer bank in their solution cells."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat

from grader.nbgrader_plugin.course import PROJECT, Course

ANSWERS = PROJECT / "tests" / "answers"
CELLS = ("softmax", "cross_entropy", "iris_hookup", "inverse_ratio_weights", "weighted_criterion")
OBSERVED = "少ないクラスの再現率が、重みをつけると上がりました。多いクラスは少し下がりました。"
# student → answers of the bank for CELLS, "" for a cell left empty; observations, or "" where not written
CLASS: dict[str, tuple[tuple[str, str, str, str, str], str]] = {
    # right, in several styles
    "abe": (
        ("functional", "functional", "logits_and_torch_loss", "reciprocal_of_tensor", "module_with_weight"),
        OBSERVED,
    ),
    "endo": (("logsumexp", "logsumexp_minus_picked", "formula_by_hand", "list_comprehension", "closure"), OBSERVED),
    "fujita": (
        ("subtract_max", "log_softmax_gather", "softmax_and_log", "normalised_to_one", "module_subclass"),
        OBSERVED,
    ),
    # typical mistakes
    "hara": (
        ("no_max_subtraction", "log_of_softmax", "double_softmax", "reciprocal_of_tensor", "module_with_weight"),
        OBSERVED,
    ),
    "ito": (
        ("wrong_dimension", "softmax_over_batch", "logits_and_torch_loss", "not_inverted", "not_inverted"),
        OBSERVED,
    ),
    "kato": (
        ("in_place_subtraction", "sum_instead_of_mean", "predict_softmax_twice", "sorted_first", "divided_by_n"),
        OBSERVED,
    ),
    "mori": (("numpy_round_trip", "detached", "global_model", "typed_in", "cpu_hard_coded"), ""),
    "ota": (("syntax_error", "functional", "logits_and_torch_loss", "syntax_error", "module_with_weight"), OBSERVED),
    "sato": (("other_name", "one_hot_product", "key_misspelt", "returns_list", "device_ignored"), ""),
    # half-finished, and untouched
    "tani": (("subtract_max", "log_softmax_gather", "", "", ""), ""),
    "ueda": (("functional", "", "logits_and_torch_loss", "reciprocal_of_tensor", ""), "損失は下がりました。"),
    "wada": (("", "", "", "", ""), ""),
}


def build(course: Course) -> None:
    """Fill the course's source/ and submitted/, unless its submissions are there already."""
    shutil.copytree(PROJECT / "source", course.root / "source", dirs_exist_ok=True)
    course.build_release()
    for student, (answers, observation) in CLASS.items():
        folder = course.folder("submitted", student)
        folder.mkdir(parents=True, exist_ok=True)
        for release in sorted(course.folder("release").glob("*.ipynb")):
            (folder / release.name).write_text(_filled(release, dict(zip(CELLS, answers, strict=True)), observation))


def _filled(release: Path, answers: dict[str, str], observation: str) -> str:
    notebook = nbformat.read(release, as_version=4)
    for cell in notebook.cells:
        if answers.get(cell.id):
            cell.source = (ANSWERS / cell.id / f"{answers[cell.id]}.py").read_text()
        if observation and cell.id.endswith("_observation"):
            cell.source = observation
    return str(nbformat.writes(notebook))
