"""Misconceptions that fit any function of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from grader.checking.misconceptions import Misconception

Function = Callable[..., Any]  # of logits and of other tensors


def detached(function: Function) -> Function:
    """A gradient needs no graph, or copies must be detached."""
    return lambda *tensors: function(*tensors).detach()


def cast_to_float32(function: Function) -> Function:
    """Everything in torch is float32."""
    return lambda logits, *others: function(logits.float(), *others)


def cast_to_float64(function: Function) -> Function:
    """More digits never hurt."""
    return lambda logits, *others: function(logits.double(), *others)


def through_float32(function: Function) -> Function:
    """Casting back restores the digits."""
    return lambda logits, *others: function(logits.float(), *others).to(logits.dtype)


def helper_tensor_on_cpu(function: Function) -> Function:
    """New tensors are made where the old ones are."""
    return lambda logits, *others: function(logits + torch.zeros(logits.shape, dtype=logits.dtype), *others)


def result_on_cpu(function: Function) -> Function:
    """Results belong on the CPU."""
    return lambda *tensors: function(*tensors).cpu()


def return_forgotten(function: Function) -> Function:
    """The last value of a function is its result, or printing is returning."""

    def without_return(*tensors: Tensor) -> None:
        function(*tensors)

    return without_return


def of_tensors(replaces: str, *, read: str, gradient: str) -> tuple[Misconception, ...]:
    """These misconceptions about one function. read, gradient: cells on its task, and on gradients."""

    def about(function: Callable[[Function], Function], text: str, read: str = read) -> Misconception:
        return Misconception(function.__name__, replaces, function, text, read, around=True, combines=True)

    return (
        about(
            detached,
            "計算のつながりが切れていて（detach、item、NumPy など）、勾配がロジットまで流れません。",
            gradient,
        ),
        about(cast_to_float32, "float64 のロジットにも float32 で答えています。"),
        about(cast_to_float64, "float32 のロジットにも float64 で答えています。"),
        about(through_float32, "途中で float32 にしているので、float64 の精度が失われています。"),
        about(helper_tensor_on_cpu, "途中で作ったテンソルが、いつも CPU に置かれています。"),
        about(result_on_cpu, "答えを、いつも CPU に置いて返しています。"),
        about(return_forgotten, "計算していますが、何も返していません（None が返ります）。"),
    )
