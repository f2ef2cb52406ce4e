"""What students see in the notebooks: numbers in the text, check lines, guesses; a run to the end with any answer."""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat
import pytest

from grader.sandbox.processes.client import ForkServer
from tests.helpers.bank import NOTEBOOK, bank
from tests.helpers.course_fixture import NOTEBOOKS
from tests.helpers.loss_functions import SOURCE
from tests.helpers.notebook_runs import Run

ANSWERS = {f"{answer.folder}/{answer.name}": answer for answer in bank()}
# Cells of text → the numbers that they state, and the code cell that prints them in the solved notebook.
STATED = {
    "losses": {
        "why_mse_fades": ("mse_gradient", "0.2963 0.0002 0.0196"),
        "steps_answer": ("cross_entropy_steps", "10 11 28 15 163 17"),
        "shift_invariance": ("worked_example", "0.659 0.242 0.099"),
        "side_by_side_text": ("cross_entropy_visible_check", "0.042 0.420 0.462"),
        "summary": ("losses_side_by_side", "2.5748 24.0000 0.9238 1.0000 0.5219 0.6667 0.1108 0.0000"),
    },
    "iris": {
        "reversed_answer": ("reversed_mse_figure", "0.00 0.09 0.22"),
        "predict_your_reversed": ("reversed_mse_figure", "0.09 0.22"),
    },
    "imbalanced_cifar10": {
        "untrained_question": ("untrained", "2.303"),
        "factor_text": ("factor", "2.067 4.650 465.000"),
    },
}
# The sample answer to iris_observation cites three cells.
OBSERVED = {"draw_both_runs": "115 49 48", "compare_runs": "0.800 0.822", "reversed_figure": "0.09 0.22 0.80"}
SIX_SEEDS = """
def epochs_to_80(history):
    return int(np.argmax(part_left(history) <= 0.2))

def start_of(seed, turned):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    bias = model[0].bias.detach().clone()
    if turned:
        turn_around(model)
        with torch.no_grad():
            model[0].bias.copy_(bias)
    return model

def cross_entropy_of_probabilities(outputs, targets):
    return F.nll_loss(outputs.log(), targets)

import json
rows = []
for seed in range(6):
    row = []
    for turned in (False, True):
        for loss, rate in ((mse_loss, 0.1), (mse_loss, 0.3), (cross_entropy_of_probabilities, 0.1)):
            model = start_of(seed, turned)
            history = train(model, loss, rate)
            row += [epochs_to_80(history), accuracy(model(X_test), y_test)]
    rows.append(row)
print(json.dumps(rows))
"""


@pytest.fixture(scope="module")
def solved(server: ForkServer) -> dict[str, Run]:
    """The three solved notebooks; iris with six seeds at its end."""
    return {name: Run(server, name, {"six_seeds": SIX_SEEDS} if name == "iris" else None) for name in NOTEBOOKS}


def cells_of(name: str) -> dict[str, Any]:
    return {cell.id: cell for cell in nbformat.read(SOURCE / f"{name}.ipynb", as_version=4).cells}


def test_the_tool_cell_is_folded_and_the_same_in_all_three() -> None:
    tools = [cells_of(name)["check_tool"] for name in NOTEBOOKS]
    assert len({tool.source for tool in tools}) == 1
    for name, tool in zip(NOTEBOOKS, tools, strict=True):
        assert tool.source.startswith("#@title ")
        assert (tool.metadata.cellView, tool.metadata.jupyter.source_hidden) == ("form", True)
        ids = list(cells_of(name))
        assert ids.index("check_tool") == ids.index("setup") + 1


@pytest.mark.parametrize(("name", "cell"), [(name, cell) for name in STATED for cell in STATED[name]])
def test_numbers_in_the_text_are_those_that_the_cells_print(solved: dict[str, Run], name: str, cell: str) -> None:
    source, numbers = STATED[name][cell]
    text = cells_of(name)[cell].source
    assert_stated(text, numbers, solved[name].printed[source])


def test_the_sample_observation_of_iris_cites_printed_numbers(solved: dict[str, Run]) -> None:
    for source, numbers in OBSERVED.items():
        assert_stated(cells_of("iris")["iris_observation"].source, numbers, solved["iris"].printed[source])


def assert_stated(text: str, numbers: str, printed: str) -> None:
    """Each number stands in the text and, with the same digits, in the output."""
    for number in numbers.split():
        whole = rf"(?<![\d.]){re.escape(number)}(?![\d.]*\d)"
        assert re.search(whole, text), f"{number} is not in the text"
        assert re.search(whole, printed), f"{number} is not printed: {printed}"


def test_the_claims_about_the_learning_rate_hold_for_six_seeds(solved: dict[str, Run]) -> None:
    """Ordinary start: MSE at 0.3 is as fast as cross-entropy. Wrong start: MSE fails at both rates."""
    rows = json.loads(solved["iris"].printed["six_seeds"])
    assert len(rows) == 6
    for slow, slow_hit, fast, fast_hit, other, other_hit, *turned in rows:
        assert slow > 1.8 * other
        assert 0.6 < fast / other < 2
        assert max(slow_hit, fast_hit, other_hit) - min(slow_hit, fast_hit, other_hit) < 0.05
        assert turned[1] < 0.2
        assert turned[3] < 0.3
        assert turned[5] > 0.75


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_solved_notebook_has_only_right_check_lines_and_a_count(solved: dict[str, Run], name: str) -> None:
    run = solved[name]
    assert not run.failed
    assert not run.lines("✗")
    assert len(run.lines("✓")) >= 6
    for line in run.lines("✓"):
        assert re.fullmatch(r"✓ [^｜]+ ｜ 正解 [^｜]+ ｜ あなた [^｜]+ ｜ 差 [^｜]+", line)
        assert not re.search(r"\de[+-]\d", line), line


# Answers whose own cell runs, at least five of each folder, by the notebook runs that they share.
TOGETHER = [
    ("softmax/keepdim_forgotten", "cross_entropy/returns_none"),
    ("softmax/returns_none", "cross_entropy/python_float"),
    ("softmax/in_place_subtraction", "cross_entropy/targets_unsqueezed_in_place"),
    ("softmax/other_name", "cross_entropy/other_name"),
    ("softmax/calls_itself", "cross_entropy/class_instead_of_instance"),
    ("softmax/numpy_round_trip", "cross_entropy/detached"),
    ("softmax/returns_tuple", "cross_entropy/missing_import"),
    ("softmax/misspelt_variable", "cross_entropy/no_reduction"),
    ("iris_hookup/loss_stub_left",),
    ("iris_hookup/predict_classes",),
    ("iris_hookup/model_is_none",),
    ("iris_hookup/key_misspelt",),
    ("iris_hookup/detached_loss",),
    ("iris_hookup/predict_returns_none",),
    ("iris_hookup/double_softmax",),
    ("iris_hookup/model_class_returned",),
    ("iris_hookup/mse_entry_lost",),
    ("inverse_ratio_weights/division_of_a_list", "weighted_criterion/returns_none"),
    ("inverse_ratio_weights/returns_list", "weighted_criterion/python_float"),
    ("inverse_ratio_weights/complex_numbers", "weighted_criterion/returns_class"),
    ("inverse_ratio_weights/on_the_meta_device", "weighted_criterion/arguments_swapped"),
    ("inverse_ratio_weights/overwrites_its_list", "weighted_criterion/other_name"),
    ("inverse_ratio_weights/returns_dict", "weighted_run/loss_is_a_truth_value"),
    ("inverse_ratio_weights/scalar_of_the_sum", "weighted_run/nan_weight"),
    ("inverse_ratio_weights/returns_numpy", "weighted_run/without_data"),
    ("inverse_ratio_weights/column_vector", "weighted_run/detached"),
    ("inverse_ratio_weights/stub_left", "weighted_run/returns_none"),
]


# Right answers in unusual styles, whose check lines must all be right.
RIGHT = [
    ("softmax/own_module", "cross_entropy/own_autograd_function"),
    ("softmax/logsumexp", "cross_entropy/einsum"),
    ("iris_hookup/own_network_class",),
    ("iris_hookup/softmax_and_log_with_epsilon",),
    ("inverse_ratio_weights/times_thousand", "weighted_criterion/one_hot_formula"),
    ("inverse_ratio_weights/normalised_to_one", "weighted_criterion/loop_over_samples"),
]
# Guess cells → a guess; the figure below draws it, or one line says why not.
GUESSES = {
    "losses": {"guess_push": "[0.1, 0.3, None]", "guess_bars": "['high', 2]"},
    "iris": {"guess_reversed": "[0.5, 0.5]", "guess_epochs": "[100, 50, 50]", "guess_your_reversed": "[0.5, 1]"},
    "imbalanced_cifar10": {"guess_recalls": "[0.5] * 10", "guess_weighted_recalls": "[0.5]"},
}


def test_five_answers_of_each_cell_are_run() -> None:
    used = [name.partition("/")[0] for names in TOGETHER for name in names]
    assert min(used.count(folder) for folder in NOTEBOOK) >= 5
    assert len(used) >= 30


@pytest.mark.parametrize("names", RIGHT, ids="+".join)
def test_right_answers_have_only_right_check_lines(server: ForkServer, names: tuple[str, ...]) -> None:
    answers = [ANSWERS[name] for name in names]
    assert all(answer.right for answer in answers)
    run = Run(server, NOTEBOOK[answers[0].folder], {answer.cell: answer.source for answer in answers})
    assert (run.failed, run.lines("✗")) == ([], [])


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_guesses_are_compared_or_get_one_friendly_line(server: ForkServer, name: str) -> None:
    run = Run(server, name, {cell: f"my_guess = {guess}" for cell, guess in GUESSES[name].items()})
    assert not run.failed
    assert len(run.lines("★ 予想と正解")) == len(GUESSES[name]) - 1
    assert len(run.lines("my_guess には")) == 1


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_run_all_reaches_the_end_whatever_the_answer(server: ForkServer, names: tuple[str, ...]) -> None:
    answers = [ANSWERS[name] for name in names]
    run = Run(server, NOTEBOOK[answers[0].folder], {answer.cell: answer.source for answer in answers})
    assert not run.failed, [run.printed[cell] for cell in run.failed]
    assert run.lines("✗") or any("まだ" in text for text in run.printed.values())
