"""Evaluate questions about the names that a student's cells have defined, in the student's process.

The whole expression of a question is evaluated under one gradient tape. Knows nothing of checks or right answers.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import random
import sys
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy.random  # imported before student code can break what a later import needs
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from grader import wire
from grader.sandbox.runtime.messages import Answer, Raised
from grader.sandbox.runtime.questions import Call, Key, List, Name, Overwrite, Question, Value, View

BATCH_SECONDS = (
    2.0  # time limit of a batch; the answers of an honest check take 30 ms, in loops over single elements 0.7 s
)


def evaluate(names: Mapping[str, Any], question: Question) -> Answer | Raised:
    """Evaluate one question; any exception of the student's code, `SystemExit` included, is returned as `Raised`.

    names: the namespace of the notebook. Inputs and gradients are those of the tensors in `Value` nodes.

    For a question with a `device`, the value is the torch.device where the answer would be on a machine that has that
    device. Tensors are then fake: they have shape, dtype and device but no data, and operations across devices raise as
    they do there. Code that reads the data of a tensor raises.

    The random seed depends only on the question, and the state of the random number generators is restored afterwards:
    neither earlier questions nor the number of questions changes an answer or a later cell.
    """
    with _random_state_restored():
        return _evaluate_seeded(names, question, zlib.crc32(question.encode()))


def evaluate_batch(names: Mapping[str, Any], questions: Sequence[bytes]) -> list[bytes]:
    """Evaluate encoded questions in order → their encoded answers, the same as one by one.

    Stops after an answer that is `Raised` and at BATCH_SECONDS, so that a batch takes little longer than one answer
    may, and before an answer that is too large to encode. The caller asks the rest one by one.
    """
    end = time.monotonic() + BATCH_SECONDS
    answers = []
    with _random_state_restored():
        for question in questions:
            answer = _evaluate_seeded(names, Question.decode(question), zlib.crc32(question))
            try:
                answers.append(wire.encode(answer.to_wire()))
            except wire.WireError:
                break
            if isinstance(answer, Raised) or time.monotonic() > end:
                break
    return answers


def _evaluate_seeded(names: Mapping[str, Any], question: Question, seed: int) -> Answer | Raised:
    streams = getattr(sys, "stdout", None), getattr(sys, "stderr", None)
    try:
        sys.stdout = sys.stderr = io.StringIO()  # discard what is printed meanwhile
        random.seed(seed)
        numpy.random.seed(seed)
        torch.default_generator.manual_seed(seed)
        with torch.enable_grad():
            if question.device is None:
                return _evaluate(names, question)
            with FakeTensorMode(allow_non_fake_inputs=True):
                value = _evaluate(names, question).value
            return Answer(getattr(value, "device", value), [], [], [], [])
    except BaseException as error:
        return Raised(type(error).__name__, _message(error), *_raised_at(error))
    finally:
        sys.stdout, sys.stderr = streams


@contextlib.contextmanager
def _random_state_restored() -> Iterator[None]:
    states = random.getstate(), numpy.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        numpy.random.set_state(states[1])
        torch.set_rng_state(states[2])


def _evaluate(names: Mapping[str, Any], question: Question) -> Answer:
    with contextlib.ExitStack() as restored:
        return _evaluate_nodes(names, question, restored)


def _evaluate_nodes(names: Mapping[str, Any], question: Question, restored: contextlib.ExitStack) -> Answer:
    """restored: takes what undoes the question's `Overwrite` nodes."""
    results: list[Any] = []
    leaves: list[torch.Tensor] = []  # gradients are computed for these
    inputs: list[torch.Tensor] = []  # copies of the leaves for the student's code: it may modify them in place
    for node in question.nodes:
        result: Any
        match node:
            case Value():
                result = node.value
                if isinstance(result, torch.Tensor):
                    if question.device is not None:
                        result = torch.empty(result.shape, dtype=result.dtype, device=question.device)
                    leaf = result.requires_grad_() if question.gradient and result.is_floating_point() else result
                    result = leaf.clone()
                    leaves.append(leaf)
                    inputs.append(result)
            case Call():
                arguments = [results[i] for i in node.arguments]
                result = results[node.function](*arguments, **{k: results[i] for k, i in node.keywords.items()})
            case Name():
                if node.name not in names:
                    raise NameError(f"name '{node.name}' is not defined")
                result = names[node.name]
            case Key():
                result = results[node.container][node.key]
            case List():
                result = [results[i] for i in node.items]
            case View():
                result = torch.as_strided(results[node.base], node.shape, node.strides, node.offset)
            case Overwrite():
                result = results[node.target]
                for tensor, value in _overwritten(result, [results[i] for i in node.values]):
                    restored.callback(_write, tensor, tensor.detach().clone())
                    _write(tensor, value)
        results.append(result)
    value = results[-1]
    module = question.parameters_of
    parameters = [] if module is None else list(results[module].parameters())
    if question.gradient:
        gradients = _gradients(value, leaves + parameters, question.cotangent)
    else:
        gradients = [None] * (len(leaves) + len(parameters))
    if parameters and any(isinstance(node, Overwrite) for node in question.nodes):
        parameters = [parameter.detach().clone() for parameter in parameters]  # before they are restored
    return Answer(value, inputs, gradients[: len(leaves)], parameters, gradients[len(leaves) :])


def _overwritten(target: Any, values: list[torch.Tensor]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The tensors that an `Overwrite` node changes, each with its value."""
    if isinstance(target, torch.Tensor):
        return [(target, values[0])]
    by_shape = {value.shape: value for value in reversed(values)}
    return [(p, by_shape[p.shape]) for p in target.parameters() if p.shape in by_shape]


@torch.no_grad()
def _write(tensor: torch.Tensor, value: torch.Tensor) -> None:
    tensor.copy_(value)


def _gradients(value: Any, leaves: list[torch.Tensor], cotangent: torch.Tensor | None) -> list[torch.Tensor | None]:
    """Gradients of `sum(value * cotangent)` for each leaf; None where none flows."""
    tracked = [leaf for leaf in leaves if leaf.requires_grad]
    if not isinstance(value, torch.Tensor) or not value.requires_grad or not tracked:
        return [None] * len(leaves)
    if cotangent is None:
        cotangent = torch.ones_like(value)
    if cotangent.shape != value.shape:  # the check fails on the value's shape already
        return [None] * len(leaves)
    gradients = iter(torch.autograd.grad(value, tracked, cotangent, allow_unused=True))
    return [next(gradients) if leaf.requires_grad else None for leaf in leaves]


def _message(error: BaseException) -> str:
    """The text of an exception, cut at 2000 characters; "" if the student's `__str__` raises."""
    try:
        return str(error)[:2000]
    except BaseException:
        return ""


def _raised_at(error: BaseException) -> tuple[str, str]:
    """The innermost source line of a notebook cell in the traceback, and its function; "" where there is none."""
    line = function = ""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        in_a_cell = not file.endswith(".py") or "ipykernel" in file or file.startswith("<")
        if in_a_cell and (found := linecache.getline(file, trace.tb_lineno).strip()):
            line, function = found, trace.tb_frame.f_code.co_name
        trace = trace.tb_next
    return line[:200], function[:100]
