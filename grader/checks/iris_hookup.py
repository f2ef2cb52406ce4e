"""Task 2: what `make_model`, `loss_functions` and `predict_proba` compute together, and the trained models."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from grader.checks.comparison import assert_close, assert_gradient, fail, kind
from grader.checks.drawing import given, points
from grader.checks.strategies import logits, with_targets
from grader.student import Answer, Expression, Student

Batch = tuple[torch.Tensor, torch.Tensor]
CE = "CrossEntropyLoss"
# Inputs within ±2.5 keep a fresh model's logits within ±4.3, so that -log(p + 1e-8) agrees to 1e-4.
features = logits(limit=2.5, classes=2).map(lambda matrix: matrix.float())


def batches() -> object:
    """(X Tensor[N, 2] float32, targets Tensor[N] of three classes)."""
    return with_targets(logits(limit=2.5, classes=3)).map(lambda b: (b[0][:, :2].float(), b[1]))


def linear_of(answer: Answer) -> tuple[torch.Tensor, torch.Tensor]:
    """weight Tensor[3, 2] and bias Tensor[3] of the model that was asked for. Raises Mismatch."""
    by_shape = {tuple(p.shape): p for p in answer.parameters}
    if len(answer.parameters) != 2 or set(by_shape) != {(3, 2), (3,)}:
        shapes = "、".join(str(list(p.shape)) for p in answer.parameters) or "なし"
        fail("make_model のパラメータの形", shapes, "[3, 2]、[3]（nn.Linear(2, 3) がちょうど1つ）")
    return by_shape[3, 2], by_shape[3,]


def ask_loss(student: Student, X: torch.Tensor, y: torch.Tensor) -> tuple[str, Answer]:
    """The student's own loss of the student's own new model on the batch, and the model's parameters."""
    model = student.make_model(CE)
    question = student.loss_functions[CE](model(X), y)
    return repr(question), question.answer(parameters_of=model)


def assert_loss(student: Student, X: torch.Tensor, y: torch.Tensor) -> None:
    """Value only. Raises Mismatch."""
    asked, answer = ask_loss(student, X, y)
    assert_close(answer.value, F.cross_entropy(F.linear(X, *linear_of(answer)), y), tol=3e-4, asked=asked)


def right_where_easy(student: Student) -> None:
    """Nobody is paid for parts around a wrong loss."""
    assert_loss(student, torch.tensor([[0.5, -1.0], [1.0, 0.25], [-1.5, 0.75], [0.0, 2.0]]), torch.tensor([0, 2, 1, 1]))


@points(1)
@given(batch=batches())
def test_loss_value(student: Student, batch: Batch) -> None:
    """損失の値が、線形層の出力（logits）の交差エントロピーと一致する。"""
    assert_loss(student, *batch)


@points(0.75)
@given(batch=batches())
def test_loss_gradient(student: Student, batch: Batch) -> None:
    """損失の勾配（gradient）が、線形層の重みとバイアスまで正しく流れる。"""
    X, y = batch
    right_where_easy(student)
    asked, answer = ask_loss(student, X, y)
    weight, bias = (p.clone().requires_grad_() for p in linear_of(answer))
    expected = torch.autograd.grad(F.cross_entropy(F.linear(X, weight, bias), y), (weight, bias))
    for parameter, flowed in zip(answer.parameters, answer.parameter_gradients, strict=True):
        right = expected[0] if parameter.shape == weight.shape else expected[1]
        assert_gradient(flowed, right, tol=3e-4, asked=asked)


@points(1)
@given(X=features)
def test_predict_proba(student: Student, X: torch.Tensor) -> None:
    """predict_proba が、どちらのモデルでも確率（行の和が 1）を返す。"""
    right_where_easy(student)
    for loss_name in ("MSELoss", CE):
        model = student.make_model(loss_name)
        question = student.predict_proba(model, loss_name, X)
        answer = question.answer(gradient=False, parameters_of=model)
        expected = F.softmax(F.linear(X, *linear_of(answer)), dim=1)
        assert_close(answer.value, expected, tol=1e-4, asked=repr(question))


@points(0.5, needs="loss_value")
def test_fresh_model(student: Student) -> None:
    """make_model は、呼ぶたびに初期化された新しいモデルを返す。"""
    right_where_easy(student)
    both = [student.make_model(CE), student.make_model(CE)]
    X = torch.tensor([[1.0, -2.0]])
    pair = student.loss_functions[CE](both[0](X), torch.tensor([0]))
    first = linear_of(pair.answer(parameters_of=both[0]))
    again = student.loss_functions[CE](both[1](2 * X), torch.tensor([0]))  # the same question has the same answer
    second = linear_of(again.answer(parameters_of=both[1]))
    if torch.equal(first[0], second[0]):
        fail("make_model を2回呼んだときの重み", "2回とも同じ", "呼ぶたびに新しい値")


@points(0.75, needs="loss_value")
def test_trained(student: Student) -> None:
    """学習したモデルが、テストデータを分類できる。"""
    right_where_easy(student)
    histories, models = student.histories, student.models
    history = histories[CE].value()
    if not isinstance(history, (list, tuple)) or not all(isinstance(v, float) and math.isfinite(v) for v in history):
        fail(f"histories[{CE!r}]", kind(history), "有限な損失のリスト")
    if len(history) < 2 or not history[-1] < history[0]:
        fail("学習の損失", f"{history[:1]} から {history[-1:]} へ", "学習とともに下がる")
    accuracy = accuracy_of(models[CE])
    if not accuracy >= 0.7:  # right: 0.80 over 20 seeds; an untrained layer: 0.1 to 0.6
        fail("交差エントロピーで学習したモデルのテスト精度", f"{accuracy:.2f}", "0.70 以上")


def accuracy_of(model: Expression) -> float:
    """On the lecture's test split, computed here from the weights that the student's process hands over."""
    answer = model.answer(gradient=False, parameters_of=model)
    X, y = load_iris(return_X_y=True)
    X_train, X_test, _, y_test = train_test_split(X[:, :2], y, test_size=0.3, random_state=42)
    X_test = torch.tensor(StandardScaler().fit(X_train).transform(X_test), dtype=torch.float32)
    return float((F.linear(X_test, *linear_of(answer)).argmax(dim=1) == torch.tensor(y_test)).float().mean())
