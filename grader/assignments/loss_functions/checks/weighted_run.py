"""Checks of the training with the student's criterion (task 3), in the notebook and in the trusted run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from grader.assignments.loss_functions.applied_weights import applied_weights, assert_gradients
from grader.assignments.loss_functions.checks.inverse_ratio_weights import LECTURE
from grader.assignments.loss_functions.histories import history_of
from grader.assignments.loss_functions.training.recall_figure import recall_figure
from grader.assignments.loss_functions.training.weighted_run import WeightedRun
from grader.checking.comparison import fail, kind
from grader.checking.drawing import points
from grader.checking.wording import gettext
from grader.student.proxy import Student


def weights_of(student: Student) -> torch.Tensor:
    """The weights that the criterion applies to batches like those of training, Tensor[10] float64 with w_0 = 1.

    They explain its losses and their gradients. Rounded to four digits, so that answers that differ by rounding share a
    trusted run. Raises Mismatch.
    """
    criterion = student.make_criterion(LECTURE, "cpu")
    weights = applied_weights(criterion, len(LECTURE))
    assert_gradients(criterion, weights)
    return torch.tensor([float(f"{weight:.4g}") for weight in weights.tolist()], dtype=torch.float64)


@points(1.5)
def test_training(student: Student, weighted_run: WeightedRun) -> None:
    """学習のセルが、あなたの損失で最後まで動いている。"""
    histories = {name: history_of(student, name) for name in ("unweighted", "weighted")}
    weights = {"unweighted": None, "weighted": weights_of(student)}
    for name, history in histories.items():
        losses = losses_of(history, name)
        expected = weighted_run.first_losses(weights[name], len(losses))
        if len(losses) != len(expected):
            right_count = gettext("{count}（1エポックのミニバッチの数）").format(count=len(expected))
            fail(gettext("{name} の損失の数").format(name=name), str(len(losses)), right_count)
        for step, (got, right) in enumerate(zip(losses, expected, strict=True)):
            if not abs(got - right) <= 2e-3 * max(1.0, abs(right)):  # same seeds and minibatches: 1e-5 apart
                asked = gettext("{name} の {step} 番目のミニバッチの損失").format(name=name, step=step + 1)
                fail(asked, f"{got:.4f}", f"{right:.4f}")
        networks = student.networks[name]
        parameters = networks.answer(gradient=False, parameters_of=networks).parameters
        fresh = [p.detach() for p in weighted_run.fresh_parameters()]
        if [(p.shape, p.dtype) for p in parameters] != [(p.shape, p.dtype) for p in fresh]:
            asked = gettext("{network} のパラメータの形や dtype").format(network=f"networks[{name!r}]")
            fail(asked, gettext("ノートブックと違う"), gettext("ノートブックのネットワーク"))
        asked = gettext("{network} のパラメータ").format(network=f"networks[{name!r}]")
        if not all(not p.is_meta and bool(p.isfinite().all()) for p in parameters):
            fail(asked, gettext("nan か inf"), gettext("有限な値"))
        if all(torch.equal(p, q) for p, q in zip(parameters, fresh, strict=True)):
            fail(asked, gettext("学習前と同じ"), gettext("学習で変わる"))


def losses_of(history: Any, name: str) -> list[float]:
    """The losses of the first minibatches in a history. Raises Mismatch unless they are a list of finite floats."""
    losses = history.get("first_batches") if isinstance(history, dict) else None
    if not isinstance(losses, list) or not losses or not all(isinstance(v, float) and math.isfinite(v) for v in losses):
        asked = gettext("{history} の損失").format(history=f"histories[{name!r}]")
        fail(asked, kind(losses), gettext("有限な数のリスト"))
    return losses


@points(2.5, needs="training")
def test_rare_classes(
    student: Student, weighted_run: WeightedRun, record_property: Callable[[str, object], None]
) -> None:
    """あなたの重みで学習すると、少ないクラスの再現率（recall）が上がる。"""
    weights = weights_of(student)
    result, control = weighted_run.with_control(weights)
    figure = recall_figure(weighted_run.class_names(), control.recall, result.recall, weighted_run.shown)
    record_property("figure", figure)
    standard = weighted_run.standard
    if not standard.meets(result):
        low, high = standard.gap
        fail(
            gettext("学習後の再現率（多いクラス 0–1、少ないクラス 4–9）"),
            gettext("{common}、{rare}").format(common=f"{result.head:.2f}", rare=f"{result.tail:.2f}"),
            gettext("2つの差が {low} から {high}、全クラスの平均が {least} 以上").format(
                low=low, high=high, least=standard.macro_recall
            ),
            gettext("全クラスの平均 {mean}。重みなしでは {common}、{rare}").format(
                mean=f"{result.macro_recall:.2f}", common=f"{control.head:.2f}", rare=f"{control.tail:.2f}"
            ),
        )
