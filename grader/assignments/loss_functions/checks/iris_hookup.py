"""Checks of `make_model`, `loss_functions` and `predict_proba` (task 2) in combination, and of the trained models."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from grader.assignments.loss_functions.histories import history_of
from grader.checking.comparison import assert_close, assert_gradient, assert_shape, fail, is_close, kind, values_of
from grader.checking.drawing import given, points
from grader.checking.strategies import is_simplest, logits, with_targets
from grader.checking.wording import gettext
from grader.student.proxy import Answer, Expression, Student, overwritten, together

Batch = tuple[torch.Tensor, torch.Tensor]
Weights = tuple[torch.Tensor, torch.Tensor]
CE = "CrossEntropyLoss"
# The layer at which the composition is judged, and another one. Inputs within ±6 keep the logits within ±9.5; the
# contract covers ±10. Exact in float32 and in half precision.
WEIGHTS: Weights = torch.tensor([[1.0, -0.5], [-0.75, 0.5], [0.25, 0.75]]), torch.tensor([0.5, -0.25, 0.125])
OTHER_WEIGHTS: Weights = torch.tensor([[-0.5, 0.25], [0.25, -1.0], [1.0, 0.5]]), torch.tensor([-0.5, 0.75, 0.25])
features = logits(limit=6, classes=2)
GRID = torch.cartesian_prod(*[torch.linspace(-6, 6, 4)] * 2)
BROAD_BATCH = GRID.repeat(3, 1), torch.arange(3).repeat_interleave(len(GRID))  # every class at every grid point
EASY = torch.tensor([[0.5, -1.0], [1.0, 0.25], [-1.5, 0.75], [0.0, 2.0], [0.0, 0.0]]), torch.tensor([0, 2, 1, 1, 2])
MODELS = 8  # of each loss, made while another one exists
EPSILON = 1e-8  # the contract accepts both -log(p) and -log(p + 1e-8)

PROBABILITY_TOLERANCE = 5e-6  # right answers in float32 are off by 1.3e-7; a floor of 1e-5 is wrong


def batches() -> object:
    """(X Tensor[N, 2] float32, targets Tensor[N] of three classes)."""
    return with_targets(logits(limit=6, classes=3)).map(lambda b: (b[0][:, :2], b[1]))


def linear_of(answer: Answer) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight Tensor[3, 2] and bias Tensor[3] of the answer's model, in float64. Raises Mismatch for other shapes."""
    by_shape = {tuple(p.shape): p for p in answer.parameters}
    if len(answer.parameters) != 2 or set(by_shape) != {(3, 2), (3,)}:
        shapes = gettext("、").join(str(list(p.shape)) for p in answer.parameters) or gettext("なし")
        right = gettext("[3, 2]、[3]（nn.Linear(2, 3) がちょうど1つ）")
        fail(gettext("make_model のパラメータの形"), shapes, right)
    for parameter in answer.parameters:
        if parameter.is_meta or not parameter.is_floating_point():
            got = gettext("{dtype}、{device}").format(dtype=parameter.dtype, device=parameter.device)
            fail(gettext("make_model のパラメータ"), got, gettext("実数の重みとバイアス"))
    return by_shape[3, 2].detach().double(), by_shape[3,].detach().double()


def model_with(student: Student, loss_name: str, weights: Weights) -> Expression:
    """A new model with these weights: a loss may be right by chance with those that a model happens to have."""
    return overwritten(student.make_model(loss_name), *weights)


def loss_with_epsilon(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Mean of -log(p + EPSILON), Tensor[]. logits: Tensor[N, 3]. y: Tensor[N]."""
    return F.nll_loss((F.softmax(logits, dim=1) + EPSILON).log(), y)


def tolerance(exact: torch.Tensor, with_epsilon: torch.Tensor) -> float:
    """1e-5 for a layer in float32, plus the effect of EPSILON, which is large for tiny probabilities."""
    return 1e-5 + float((exact - with_epsilon).abs().max())


def ask_loss(student: Student, X: torch.Tensor, y: torch.Tensor, loss_name: str = CE) -> tuple[str, Answer]:
    """Ask for the student's loss of a model with WEIGHTS; → the question as text, the answer with parameters."""
    model = model_with(student, loss_name, WEIGHTS)
    question = student.loss_functions[loss_name](model(X), y)
    answer = question.answer(parameters_of=model)
    linear_of(answer)
    return repr(question), answer


def assert_loss(student: Student, X: torch.Tensor, y: torch.Tensor) -> None:
    """Compare the value of the loss, not its gradient. Raises Mismatch."""
    asked, answer = ask_loss(student, X, y)
    logits = F.linear(X, *WEIGHTS).double()
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
        layer = [p.double().requires_grad_() for p in WEIGHTS]
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
        question = student.predict_proba(model_with(student, loss_name, WEIGHTS), loss_name, X)
        assert_close(question, F.softmax(F.linear(X, *WEIGHTS), dim=1), tol=PROBABILITY_TOLERANCE)
        if is_simplest(X):
            assert_model_unchanged_by_prediction(student, loss_name)
            assert_trainable_after_prediction(student, loss_name)


def assert_model_unchanged_by_prediction(student: Student, loss_name: str) -> None:
    """Require the same probabilities twice, and others after the model has been trained. Raises Mismatch."""
    X = GRID
    model = model_with(student, loss_name, WEIGHTS)
    twice = [student.predict_proba(model, loss_name, X) for _ in range(2)]
    other = overwritten(model, *OTHER_WEIGHTS)
    trained = student.predict_proba(other, loss_name, X)
    outputs, first, second, outputs_then, _, third = values_of(together(model(X), *twice, model(X), other, trained), 6)
    expected, expected_then = (F.softmax(F.linear(X, *weights), dim=1) for weights in (WEIGHTS, OTHER_WEIGHTS))
    again = gettext("2回目の {question}")
    assert_close(first, expected, tol=PROBABILITY_TOLERANCE, asked=repr(twice[0]))
    assert_close(second, expected, tol=PROBABILITY_TOLERANCE, asked=again.format(question=repr(twice[1])))
    assert_close(third, expected_then, tol=PROBABILITY_TOLERANCE, asked=repr(trained))
    assert_shape(outputs, expected, f"make_model({loss_name!r})(X)")
    then = gettext("predict_proba を呼んだあとの {question}").format(question=f"make_model({loss_name!r})(X)")
    assert_close(outputs_then, outputs, tol=1e-5, asked=then)


def assert_trainable_after_prediction(student: Student, loss_name: str) -> None:
    """Require gradients for all parameters of a model that has predicted. Raises Mismatch."""
    X, cotangent = GRID, torch.eye(3).repeat(len(GRID), 1)[: len(GRID)]
    model = model_with(student, loss_name, WEIGHTS)
    after = overwritten(model, *WEIGHTS, student.predict_proba(model, loss_name, X))  # which fits no parameter
    before, then = (made(X).answer(cotangent, parameters_of=made).parameter_gradients for made in (model, after))
    if None in then and None not in before:
        asked = gettext("predict_proba を呼んだあとの {loss} のモデルのパラメータの勾配").format(loss=loss_name)
        fail(asked, gettext("なし"), gettext("あり（学習を続けられる）"))


@points(0.5, needs="loss_value")
def test_fresh_model(student: Student) -> None:
    """make_model は、呼ぶたびに初期化された新しいモデルを返す。"""
    assert_easy_case(student)
    X = torch.tensor([[1.0, -2.0], [0.5, 1.5]])
    for loss_name in ("MSELoss", CE):
        expected = model_with(student, loss_name, WEIGHTS)(X).value()
        model = model_with(student, loss_name, WEIGHTS)
        later = [student.make_model(name) for name in ("MSELoss", CE) * MODELS]
        new = later[loss_name == CE](X)  # of a model that is made after the first was changed
        changed = [overwritten(made, *OTHER_WEIGHTS) for made in later]
        _, fresh, *_, kept = values_of(together(model, new, *changed, model(X)), 3 + len(later))
        assert_shape(expected, torch.zeros(2, 3), f"make_model({loss_name!r})(X)")
        asked = gettext("別のモデルを作って変えたあとの、{question}").format(question=f"make_model({loss_name!r})(X)")
        assert_close(kept, expected, tol=1e-5, asked=asked)
        if is_close(fresh, expected):
            returned = gettext("{call} が返す新しいモデル").format(call=f"make_model({loss_name!r})")
            fail(returned, gettext("前に作ったモデルの重み"), gettext("初期化された重み"))


@points(0.75, needs="loss_value")
def test_trained(student: Student) -> None:
    """与えられた "MSELoss" はそのままで、学習したモデルがテストデータを分類できる。"""
    assert_easy_case(student)
    assert_given_loss(student)
    history = history_of(student, CE)
    if not isinstance(history, (list, tuple)) or not all(isinstance(v, float) and math.isfinite(v) for v in history):
        fail(f"histories[{CE!r}]", kind(history), gettext("有限な損失のリスト"))
    if len(history) < 2 or not history[-1] < history[0]:
        changed = gettext("{first} から {last} へ").format(first=history[:1], last=history[-1:])
        fail(gettext("学習の損失"), changed, gettext("学習とともに下がる"))
    accuracy = accuracy_of(student.models[CE])
    if not accuracy >= 0.7:  # right: 0.80 over 20 seeds; an untrained layer: 0.1 to 0.6
        asked = gettext("交差エントロピーで学習したモデルのテスト精度")
        fail(asked, f"{accuracy:.2f}", gettext("0.70 以上"))


def logits_of(X: torch.Tensor, answer: Answer) -> torch.Tensor:
    """The logits of the answer's model for X Tensor[N, 2]: Tensor[N, 3] in float64. Raises Mismatch."""
    return F.linear(X.double(), *linear_of(answer))


def assert_given_loss(student: Student) -> None:
    """Require the mean squared error of the probabilities over N·C, in value and gradient. Raises Mismatch."""
    X, y = BROAD_BATCH
    layer = [p.clone().requires_grad_() for p in WEIGHTS]
    expected = F.mse_loss(F.softmax(F.linear(X, *layer), dim=1), F.one_hot(y, 3).float())
    gradients = torch.autograd.grad(expected, layer)
    asked, answer = ask_loss(student, X, y, "MSELoss")
    assert_close(answer.value, expected, tol=1e-5, asked=asked)
    for parameter, flowed in zip(answer.parameters, answer.parameter_gradients, strict=True):
        assert_gradient(flowed, gradients[0 if parameter.shape == layer[0].shape else 1], tol=1e-5, asked=asked)


def accuracy_of(model: Expression) -> float:
    """Accuracy on the lecture's test split, computed here from the parameters that the student's process sends."""
    answer = model.answer(gradient=False, parameters_of=model)
    X, y = load_iris(return_X_y=True)
    X_train, X_test, _, y_test = train_test_split(X[:, :2], y, test_size=0.3, random_state=42)
    X_test = torch.tensor(StandardScaler().fit(X_train).transform(X_test), dtype=torch.float32)
    return float((logits_of(X_test, answer).argmax(dim=1) == torch.tensor(y_test)).float().mean())
