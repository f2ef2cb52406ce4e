"""Read the class weights that a criterion applies off its losses on batches like those of the training."""

from __future__ import annotations

from functools import cache
from itertools import cycle

import torch
import torch.nn.functional as F

from grader.checking.comparison import assert_gradient, fail, kind, values_of
from grader.checking.wording import gettext
from grader.student.proxy import Expression, together

Batch = tuple[torch.Tensor, torch.Tensor]
SIZES = (64, 37, 64, 50, 29, 64, 43)  # rows; batches of the training have 64, the last one of an epoch fewer
CALLS = 72  # of one criterion, at least: an epoch of the training has 71 minibatches


@cache
def batches(classes: int) -> list[Batch]:
    """Batches of mixed sizes and classes, (logits Tensor[N, C] float32, targets Tensor[N]).

    In batch k of the first ones, as many as classes, class k is recognised and the others are not, so the losses
    determine the weights well: to 1e-5 from losses in float32 (a loop over rows; 3e-6 with `F.cross_entropy`). The
    others differ in what a criterion might tell apart: small logits as of a new network, few and many mistakes, sorted
    targets, only some of the classes.
    """
    made = []
    for k in range(classes):
        logits, targets = _batch(SIZES[k % len(SIZES)], classes, k)
        logits[torch.arange(len(targets)), targets] += torch.where(targets == k, 4.0, -1.0)
        made.append((logits, targets))
    n, half = 64, classes // 2
    logits, targets = _batch(n, classes, 0)
    some = torch.where(torch.arange(n) < n - 4, 6.0, -1.0)  # all but four are recognised
    special: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor | float]] = [
        (logits / 10, targets, 0.0),
        (logits, targets, some),
        (logits, targets, -6.0),
        (logits, targets.sort().values, 0.0),
        (logits, targets.sort(descending=True).values, 0.0),
        (logits[:50], targets[:50] % (classes - half) + half, 0.0),
        (logits[:37], targets[:37] % max(half - 1, 1), 0.0),
    ]
    for z, y, margin in special:
        z = z.clone()
        # The first half of the classes has smaller losses, so that weights show in every batch.
        z[torch.arange(len(y)), y] += margin + torch.where(y < half, 0.4, -0.4)
        made.append((z, y))
    return made


def _batch(n: int, classes: int, k: int) -> Batch:
    logits = 1.5 * torch.sin(torch.arange(n * classes) + 17.0 * k).reshape(n, classes)
    rows = torch.arange(n)
    return logits, (rows * rows // 3 + k) % classes


@cache
def _row_losses(classes: int) -> list[torch.Tensor]:
    return [F.cross_entropy(z.double(), y, reduction="none") for z, y in batches(classes)]


def applied_weights(criterion: Expression, classes: int) -> torch.Tensor:
    """The weights that the criterion applies, Tensor[C] float64 with w_0 = 1.

    The loss L of a batch with row losses l is Σ w·l / Σ w, so Σ w·(l − L) = 0: one equation for each batch, divided by
    N·L because the rounding error of L grows with it. All batches are asked several times, as a criterion is called
    often in the training.
    Raises Mismatch unless one set of weights between 1e-6 and 1e6 explains all losses to 1e-4.
    """
    once = batches(classes)
    # Copies, because a criterion may modify what it is given.
    asked = [(logits.clone(), targets.clone()) for _ in range(-(-CALLS // len(once))) for logits, targets in once]
    question = together(*(criterion(*batch) for batch in asked))
    losses = [_loss(value, repr(criterion)) for value in values_of(question, len(asked))]
    row_losses = _row_losses(classes)
    equations = torch.stack(
        [
            torch.zeros(classes, dtype=torch.float64).index_add(0, targets, (of_rows - loss) / (loss * len(targets)))
            for (_, targets), of_rows, loss in zip(once, row_losses, losses, strict=False)  # the first time
        ]
    )
    weights = torch.linalg.svd(equations.nan_to_num()).Vh[-1] if bool(equations.isfinite().all()) else None
    if weights is not None and bool(((weights / weights[0]) > 1e-6).all() and ((weights / weights[0]) < 1e6).all()):
        weights = weights / weights[0]
        explained = [
            float((weights[targets] * of_rows).sum() / weights[targets].sum())
            for (_, targets), of_rows in zip(once, row_losses, strict=True)
        ]
        if all(abs(a - b) <= 1e-4 * max(1.0, abs(b)) for a, b in zip(losses, cycle(explained), strict=False)):
            return torch.as_tensor(weights)
    of_size = gettext("{rows} 行: {loss}")
    sizes = gettext("、").join(
        of_size.format(rows=len(targets), loss=f"{loss:.4g}")
        for (_, targets), loss in list(zip(asked, losses, strict=True))[:4]
    )
    of_many = gettext("{criterion} の、いろいろな大きさのバッチへの損失").format(criterion=repr(criterion))
    fail(of_many, sizes, gettext("正の重みによる、各行の損失の重み付き平均"))


def assert_gradients(criterion: Expression, weights: torch.Tensor) -> None:
    """Require the gradients of the loss with these weights, on batches as in `applied_weights`. Raises Mismatch."""
    for logits, targets in batches(len(weights))[:2]:
        n = len(targets)
        leaf = logits.double().requires_grad_()
        (expected,) = torch.autograd.grad(n * F.cross_entropy(leaf, targets, weight=weights), leaf)
        question = criterion(logits, targets)
        answer = question.answer(torch.tensor(float(n)))  # each row's gradient is divided by about N
        assert_gradient(answer.gradients[0], expected.float(), tol=1e-3, asked=f"{n} × {question!r}")


def _loss(value: object, asked: str) -> float:
    """The number in a loss. Raises Mismatch if it is no scalar with data."""
    said = gettext("{criterion} の損失").format(criterion=asked)
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        fail(said, kind(value), gettext("スカラーのテンソル"))
    if value.is_meta or not value.is_floating_point():
        got = gettext("{dtype}（{device}）").format(dtype=value.dtype, device=value.device)
        fail(said, got, gettext("実数のスカラー"))
    return float(value)
