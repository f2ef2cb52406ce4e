"""Checks of `make_model`, `loss_functions` and `predict_proba` (task 2) in combination, and of the trained models."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from grader.assignments.loss_functions.histories import history_of
from grader.checking.comparison import assert_close, assert_gradient, assert_shape, fail, kind, values_of
from grader.checking.drawing import given, points
from grader.checking.strategies import logits, with_targets
from grader.student.proxy import Answer, Expression, Student, format_tensor, together

Batch = tuple[torch.Tensor, torch.Tensor]
CE = "CrossEntropyLoss"
# Inputs within ±6 keep a new model's logits within ±9.2; the contract covers ±10.
features = logits(limit=6, classes=2)
GRID = torch.cartesian_prod(*[torch.linspace(-6, 6, 4)] * 2)
BROAD_BATCH = GRID.repeat(3, 1), torch.arange(3).repeat_interleave(len(GRID))  # every class at every grid point
EASY = torch.tensor([[0.5, -1.0], [1.0, 0.25], [-1.5, 0.75], [0.0, 2.0], [0.0, 0.0]]), torch.tensor([0, 2, 1, 1, 2])
EPSILON = 1e-8  # the contract accepts both -log(p) and -log(p + 1e-8)


def batches() -> object:
    """(X Tensor[N, 2] float32, targets Tensor[N] of three classes)."""
    return with_targets(logits(limit=6, classes=3)).map(lambda b: (b[0][:, :2], b[1]))


def linear_of(answer: Answer) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight Tensor[3, 2] and bias Tensor[3] of the answer's model, in float64. Raises Mismatch for other shapes."""
    by_shape = {tuple(p.shape): p for p in answer.parameters}
    if len(answer.parameters) != 2 or set(by_shape) != {(3, 2), (3,)}:
        shapes = "、".join(str(list(p.shape)) for p in answer.parameters) or "なし"
        fail("make_model のパラメータの形", shapes, "[3, 2]、[3]（nn.Linear(2, 3) がちょうど1つ）")
    for parameter in answer.parameters:
        if parameter.is_meta or not parameter.is_floating_point():
            fail("make_model のパラメータ", f"{parameter.dtype}、{parameter.device}", "実数の重みとバイアス")
    return by_shape[3, 2].detach().double(), by_shape[3,].detach().double()


def fresh_linear_of(answer: Answer) -> tuple[torch.Tensor, torch.Tensor]:
    """`linear_of` a new model. Raises Mismatch for parameters that no usual initialisation gives.

    With weights near 0, or a dominating bias, losses other than the cross-entropy have the same values.
    """
    weight, bias = linear_of(answer)
    logits = F.linear(GRID.double(), weight, bias)
    if not bool(weight.isfinite().all() and bias.isfinite().all()):
        fail("make_model のパラメータ", "nan か inf", "nn.Linear の初期値（ランダムな小さい値）")
    if float(logits.max() - logits.min()) < 0.03:  # nn.Linear: about 10; weights of 0.01 about 0.2
        fail("make_model の重み", format_tensor(weight), "nn.Linear の初期値（0 ではないランダムな値）")
    if float(bias.max() - bias.min()) > 6:  # nn.Linear: at most 1.4
        fail("make_model のバイアス", format_tensor(bias), "nn.Linear の初期値（ランダムな小さい値）")
    return weight, bias


def logits_of(X: torch.Tensor, answer: Answer) -> torch.Tensor:
    """The logits of the answer's model for X Tensor[N, 2]: Tensor[N, 3] in float64. Raises Mismatch."""
    return F.linear(X.double(), *linear_of(answer))


def loss_with_epsilon(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Mean of -log(p + EPSILON), Tensor[]. logits: Tensor[N, 3]. y: Tensor[N]."""
    return F.nll_loss((F.softmax(logits, dim=1) + EPSILON).log(), y)


def tolerance(exact: torch.Tensor, with_epsilon: torch.Tensor) -> float:
    """1e-5 for a layer in float32, plus the effect of EPSILON, which is large for tiny probabilities."""
    return 1e-5 + float((exact - with_epsilon).abs().max())


def ask_loss(student: Student, X: torch.Tensor, y: torch.Tensor) -> tuple[str, Answer]:
    """Ask for the student's loss of a new model on the batch; → the question as text, the answer with parameters."""
    model = student.make_model(CE)
    question = student.loss_functions[CE](model(X), y)
    return repr(question), question.answer(parameters_of=model)


def assert_loss(student: Student, X: torch.Tensor, y: torch.Tensor) -> None:
    """Compare the value of the loss, not its gradient. Raises Mismatch."""
    asked, answer = ask_loss(student, X, y)
    logits = F.linear(X.double(), *fresh_linear_of(answer))
    expected = F.cross_entropy(logits, y)
    assert_close(answer.value, expected.float(), tol=tolerance(expected, loss_with_epsilon(logits, y)), asked=asked)


def assert_easy_case(student: Student) -> None:
    """Require one correct loss before awarding secondary points."""
    assert_loss(student, *EASY)


@points(1)
@given(batch=batches())
def test_loss_value(student: Student, batch: Batch) -> None:
    """損失の値が、線形層の出力（logits）の交差エントロピーと一致する。"""
    assert_loss(student, *batch)
    assert_loss(student, *BROAD_BATCH)


@points(0.75)
@given(batch=batches())
def test_loss_gradient(student: Student, batch: Batch) -> None:
    """損失の勾配（gradient）が、線形層の重みとバイアスまで正しく流れる。"""
    assert_easy_case(student)
    for X, y in (batch, BROAD_BATCH):
        asked, answer = ask_loss(student, X, y)
        layer = [p.requires_grad_() for p in linear_of(answer)]
        logits = F.linear(X.double(), *layer)
        exact = torch.autograd.grad(F.cross_entropy(logits, y), layer, retain_graph=True)
        with_epsilon = torch.autograd.grad(loss_with_epsilon(logits, y), layer)
        for parameter, flowed in zip(answer.parameters, answer.parameter_gradients, strict=True):
            which = 0 if parameter.shape == layer[0].shape else 1
            tol = tolerance(exact[which], with_epsilon[which])
            assert_gradient(flowed, exact[which].float(), tol=tol, asked=asked)


@points(1)
@given(X=features)
def test_predict_proba(student: Student, X: torch.Tensor) -> None:
    """predict_proba が、どちらのモデルでも確率（行の和が 1）を返す。"""
    assert_easy_case(student)
    for loss_name in ("MSELoss", CE):
        model = student.make_model(loss_name)
        question = student.predict_proba(model, loss_name, X)
        answer = question.answer(gradient=False, parameters_of=model)
        expected = F.softmax(logits_of(X, answer), dim=1).float()
        assert_close(answer.value, expected, tol=1e-4, asked=repr(question))


@points(0.5, needs="loss_value")
def test_fresh_model(student: Student) -> None:
    """make_model は、呼ぶたびに初期化された新しいモデルを返す。"""
    assert_easy_case(student)
    both = [student.make_model(CE), student.make_model(CE)]
    X = torch.tensor([[1.0, -2.0]])
    made_first = together(*both)  # both are made before one is used
    _, first, second = values_of(together(made_first, both[0](X), both[1](X)), 3)
    for value in (first, second):
        assert_shape(value, torch.zeros(1, 3), f"make_model({CE!r})(X)")
    if bool((first == second).all()):
        fail("make_model を2回呼んだときのモデル", "重みが2つとも同じ", "呼ぶたびに新しいモデルと新しい重み")


@points(0.75, needs="loss_value")
def test_trained(student: Student) -> None:
    """学習したモデルが、テストデータを分類できる。"""
    assert_easy_case(student)
    history = history_of(student, CE)
    if not isinstance(history, (list, tuple)) or not all(isinstance(v, float) and math.isfinite(v) for v in history):
        fail(f"histories[{CE!r}]", kind(history), "有限な損失のリスト")
    if len(history) < 2 or not history[-1] < history[0]:
        fail("学習の損失", f"{history[:1]} から {history[-1:]} へ", "学習とともに下がる")
    accuracy = accuracy_of(student.models[CE])
    if not accuracy >= 0.7:  # right: 0.80 over 20 seeds; an untrained layer: 0.1 to 0.6
        fail("交差エントロピーで学習したモデルのテスト精度", f"{accuracy:.2f}", "0.70 以上")


def accuracy_of(model: Expression) -> float:
    """Accuracy on the lecture's test split, computed here from the parameters that the student's process sends."""
    answer = model.answer(gradient=False, parameters_of=model)
    X, y = load_iris(return_X_y=True)
    X_train, X_test, _, y_test = train_test_split(X[:, :2], y, test_size=0.3, random_state=42)
    X_test = torch.tensor(StandardScaler().fit(X_train).transform(X_test), dtype=torch.float32)
    return float((logits_of(X_test, answer).argmax(dim=1) == torch.tensor(y_test)).float().mean())
