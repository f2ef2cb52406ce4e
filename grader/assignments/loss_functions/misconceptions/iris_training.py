"""Right names of task 2, and what the training cells of its notebook make of them: `models` and `histories`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from grader.checking.misconceptions import Linked

CE, MSE = "CrossEntropyLoss", "MSELoss"
Run = tuple[nn.Module, list[float]]  # a trained model, and its losses


def probability_model() -> nn.Module:
    """The given model for the mean squared error."""
    return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))


def mse_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """The given loss: mean over N·C."""
    return F.mse_loss(outputs, F.one_hot(targets, 3).to(outputs.dtype))


@cache
def training_set() -> tuple[Tensor, Tensor]:
    """(X Tensor[105, 2], y Tensor[105]), as the notebook prepares them."""
    X, y = load_iris(return_X_y=True)
    X_train, _, y_train, _ = train_test_split(X[:, :2], y, test_size=0.3, random_state=42)
    return torch.tensor(StandardScaler().fit_transform(X_train), dtype=torch.float32), torch.tensor(y_train)


def train(model: nn.Module, loss_function: Callable[[Tensor, Tensor], Tensor]) -> list[float]:
    """300 steps on the whole training set; → the loss before each step. Raises what the functions raise."""
    X, y = training_set()
    losses = []
    for epoch in range(300):
        model.zero_grad()
        loss = loss_function(model(X), y)
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter.sub_(parameter.grad, alpha=0.1 * 0.9 ** (epoch // 50))
        losses.append(loss.item())
    return losses


@Linked
def run(names: Mapping[str, Any]) -> Callable[[], Run]:
    """The training of the notebook, once, with initial weights of seed 0."""

    @cache
    def run_once(make_model: Callable[..., Any], mse: Callable[..., Any], loss: Callable[..., Any]) -> Run:
        X, y = training_set()
        with torch.random.fork_rng([]):
            torch.manual_seed(0)
            model = make_model(CE)
            mse(probability_model()(X), y)  # the notebook asks for it before it trains
            return model, train(model, loss)

    return lambda: run_once(names["make_model"], names["loss_functions"][MSE], names["loss_functions"][CE])


class OfRun(dict[str, Any]):
    """An entry for the cross-entropy, which is trained when it is first asked for; none if training raises."""

    def __init__(self, run: Callable[[], Run], part: int) -> None:
        super().__init__()
        self._run, self._part = run, part

    def __missing__(self, name: str) -> Any:
        if name != CE:
            raise KeyError(name)
        try:
            return self._run()[self._part]
        except Exception as error:
            raise KeyError(name) from error


def right(make_model: Callable[..., Any], loss: Callable[..., Any], predict: Callable[..., Any]) -> dict[str, Any]:
    """The names of the notebook, of these parts for the cross-entropy: a model, its loss, a prediction of a model."""
    return {
        "make_model": lambda name: probability_model() if name == MSE else make_model(),
        "loss_functions": {MSE: mse_loss, CE: loss},
        "predict_proba": lambda model, name, X: model(X) if name == MSE else predict(model, X),
        "run": run,
        "models": Linked(lambda names: OfRun(names["run"], 0)),
        "histories": Linked(lambda names: OfRun(names["run"], 1)),
    }
