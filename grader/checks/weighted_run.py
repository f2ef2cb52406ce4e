"""Task 3: the training cells, run with the student's criterion, and what their weights do in a run of our own."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F

from grader.checks.comparison import fail, kind
from grader.checks.drawing import points
from grader.checks.inverse_ratio_weights import LECTURE
from grader.reference import WeightedRun
from grader.student import Student

# D = mean recall of classes 0–1 minus that of 4–9. 1/ratio: 0.06 ± 0.05; none: 0.76; 1/ratio²: −0.54 (real CIFAR-10)
GAP = (-0.35, 0.39)
MACRO_RECALL = 0.40  # an untrained network has D ≈ 0 too, hence a floor
CLASSES = len(LECTURE)


def weights_of(student: Student) -> torch.Tensor:
    """The weights that the criterion applies, Tensor[10] with w_0 = 1, read off its losses on batches of two rows.

    For a batch of classes 0 and c with losses a and b it gives L = (w_0·a + w_c·b) / (w_0 + w_c), so
    w_c / w_0 = (a − L) / (L − b). Raises Mismatch where that is no positive number.
    """
    criterion = student.make_criterion(LECTURE, "cpu")
    logits = torch.zeros(2, CLASSES, dtype=torch.float32)
    logits[0, 0], logits[1, 0] = 4.0, 4.0
    row_losses = F.cross_entropy(logits, torch.tensor([0, 1]), reduction="none").double()
    weights = [1.0]
    for c in range(1, CLASSES):
        question = criterion(logits, torch.tensor([0, c]))
        loss = question.value()
        if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
            fail(repr(question), kind(loss), "スカラーのテンソル")
        above, below = float(row_losses[0] - loss.item()), float(loss.item() - row_losses[1])
        weight = above / below if below else math.nan
        if not (1e-6 < weight < 1e6):
            fail(f"クラス 0 と {c} の2行への損失", f"{loss.item():.4g}", "正の重みによる、2行の損失の重み付き平均")
        weights.append(weight)
    return torch.tensor(weights, dtype=torch.float64)


@points(1.5)
def test_training(student: Student, weighted_run: WeightedRun) -> None:
    """学習のセルが、あなたの損失で最後まで動いている。"""
    histories = {name: student.histories[name].value() for name in ("unweighted", "weighted")}
    weights = {"unweighted": None, "weighted": weights_of(student)}
    for name, history in histories.items():
        losses = losses_of(history, name)
        expected = weighted_run.first_losses(weights[name], len(losses))
        for step, (got, right) in enumerate(zip(losses, expected, strict=True)):
            if not abs(got - right) <= 2e-3 * max(1.0, abs(right)):  # same seeds and minibatches: 1e-5 apart
                fail(f"{name} の {step + 1} 番目のミニバッチの損失", f"{got:.4f}", f"{right:.4f}")
        networks = student.networks[name]
        trained = networks.answer(gradient=False, parameters_of=networks).parameters
        fresh = [p.detach() for p in weighted_run.fresh_parameters()]
        if [p.shape for p in trained] != [p.shape for p in fresh]:
            fail(f"networks[{name!r}] のパラメータの形", "ノートブックと違う", "ノートブックのネットワーク")
        if not all(bool(p.isfinite().all()) for p in trained):
            fail(f"networks[{name!r}] のパラメータ", "nan か inf", "有限な値")
        if all(torch.equal(p, q) for p, q in zip(trained, fresh, strict=True)):
            fail(f"networks[{name!r}] のパラメータ", "学習前と同じ", "学習で変わる")


def losses_of(history: Any, name: str) -> list[float]:
    """The losses of the first minibatches, finite. Raises Mismatch."""
    losses = history.get("first_batches") if isinstance(history, dict) else None
    if not isinstance(losses, list) or not losses or not all(isinstance(v, float) and math.isfinite(v) for v in losses):
        fail(f"histories[{name!r}] の損失", kind(losses), "有限な数のリスト")
    return losses


@points(2.5)
def test_rare_classes(student: Student, weighted_run: WeightedRun) -> None:
    """あなたの重みで学習すると、少ないクラスの再現率（recall）が上がる。"""
    result = weighted_run.trained(weights_of(student))
    low, high = GAP
    if not (low <= result.gap <= high and result.macro_recall >= MACRO_RECALL):
        control = weighted_run.trained(None)
        head, tail = result.recall[0:2].mean(), result.recall[4:10].mean()
        fail(
            "学習後の再現率（多いクラス 0–1、少ないクラス 4–9）",
            f"{head:.2f}、{tail:.2f}",
            f"2つの差が {low} から {high}、全クラスの平均が {MACRO_RECALL} 以上",
            f"全クラスの平均 {result.macro_recall:.2f}。"
            f"重みなしでは {control.recall[0:2].mean():.2f}、{control.recall[4:10].mean():.2f}",
        )
