"""The second verb of a student's process: answer a question about the names that its cells have defined.

A question is an expression, sent as a flat list of nodes; a node refers to earlier ones by their index:

    ["value", x]   ["name", "softmax"]   ["key", node, "MSELoss"]   ["call", node, [nodes], {keyword: node}]
    ["list", [nodes]]

It is evaluated in one go, under one gradient tape. Must not know what is asked or why.
"""

from __future__ import annotations

import contextlib
import io
import random
import time
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy.random  # loaded late otherwise, when a student's code may have broken what it needs
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from grader import wire

BATCH_SECONDS = 2.0  # an honest check's 80 answers take 30 ms


def answer(names: Mapping[str, Any], question: dict[str, Any]) -> dict[str, Any]:
    """Evaluate `question` and say what came back, or what was raised, `SystemExit` included.

    `question`: `nodes`; `gradient` (bool); `cotangent` (Tensor like the value, or None for ones); `parameters_of` (the
    index of a node that is a module, or None); `device` (a name such as "cuda", or None).

    With a `device` the question is where the answer would be, on a machine that has that device: tensors are fake (they
    have shape, dtype and device, but no data), operations across devices raise as they do there, and `value` is the
    answer's torch.device. Code that looks at values cannot run so, and raises.

    The same question meets the same random numbers, whatever was asked before, and leaves those of the next cell alone.

    Returns `{"value", "inputs"}`, the inputs being the tensors of the "value" nodes as they are afterwards; where
    gradients were asked also `gradients` (one for each input, None where nothing flowed), `parameters` and
    `parameter_gradients`. Or `{"raised": {"name", "message", "line", "function"}}`.
    """
    with _random_numbers_kept():
        return _answer(names, question, zlib.crc32(wire.encode(question)))


def answers(names: Mapping[str, Any], questions: list[bytes]) -> list[bytes]:
    """Encoded answers to encoded questions, in order, up to one that raised, cannot travel, or ended after
    BATCH_SECONDS: so a batch takes hardly longer than one answer may, and whoever asked goes on one by one."""
    end = time.monotonic() + BATCH_SECONDS
    found = []
    with _random_numbers_kept():
        for question in questions:
            reply = _answer(names, wire.decode(question), zlib.crc32(question))
            try:
                found.append(wire.encode(reply))
            except wire.WireError:
                break
            if "raised" in reply or time.monotonic() > end:
                break
    return found


def _answer(names: Mapping[str, Any], question: dict[str, Any], seed: int) -> dict[str, Any]:
    try:
        with torch.enable_grad(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            random.seed(seed)
            numpy.random.seed(seed)
            torch.default_generator.manual_seed(seed)
            if question["device"] is None:
                return _evaluate(names, question)
            with FakeTensorMode(allow_non_fake_inputs=True):
                value = _evaluate(names, question)["value"]
            return {"value": getattr(value, "device", value), "inputs": [], "parameters": []}
    except BaseException as error:
        line, function = _place(error)
        raised = {"name": type(error).__name__, "message": _text(error), "line": line, "function": function}
        return {"raised": raised}


@contextlib.contextmanager
def _random_numbers_kept() -> Iterator[None]:
    states = random.getstate(), numpy.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        numpy.random.set_state(states[1])
        torch.set_rng_state(states[2])


def _evaluate(names: Mapping[str, Any], question: dict[str, Any]) -> dict[str, Any]:
    results: list[Any] = []
    leaves: list[Any] = []  # what gradients are asked for
    inputs: list[Any] = []  # what the student's code is given: copies, so that in-place work loses no gradient
    for kind, *rest in question["nodes"]:
        if kind == "value":
            (result,) = rest
            if isinstance(result, torch.Tensor):
                if question["device"] is not None:
                    result = torch.empty(result.shape, dtype=result.dtype, device=question["device"])
                leaf = result.requires_grad_() if question["gradient"] and result.is_floating_point() else result
                result = leaf.clone()
                leaves.append(leaf)
                inputs.append(result)
        elif kind == "name":
            if rest[0] not in names:
                raise NameError(f"name '{rest[0]}' is not defined")
            result = names[rest[0]]
        elif kind == "key":
            result = results[rest[0]][rest[1]]
        elif kind == "list":
            result = [results[i] for i in rest[0]]
        elif kind == "call":
            function, positional, keywords = rest
            result = results[function](
                *(results[i] for i in positional), **{k: results[i] for k, i in keywords.items()}
            )
        else:
            raise ValueError(f"no such node: {kind}")
        results.append(result)
    value = results[-1]
    reply: dict[str, Any] = {"value": value, "inputs": inputs}
    module = question["parameters_of"]
    parameters = [] if module is None else list(results[module].parameters())
    if question["gradient"]:
        flowed = _gradients(value, leaves + parameters, question["cotangent"])
        reply["gradients"], reply["parameter_gradients"] = flowed[: len(leaves)], flowed[len(leaves) :]
    reply["parameters"] = parameters
    return reply


def _gradients(value: Any, leaves: list[Any], cotangent: torch.Tensor | None) -> list[Any]:
    tracked = [leaf for leaf in leaves if leaf.requires_grad]
    if not isinstance(value, torch.Tensor) or not value.requires_grad or not tracked:
        return [None] * len(leaves)
    if cotangent is None:
        cotangent = torch.ones_like(value)
    if cotangent.shape != value.shape:  # whoever asked sees that by the value
        return [None] * len(leaves)
    flowed = iter(torch.autograd.grad(value, tracked, cotangent, allow_unused=True))
    return [next(flowed) if leaf.requires_grad else None for leaf in leaves]


def _text(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except BaseException:
        return ""


def _place(error: BaseException) -> tuple[str, str]:
    """The innermost line of a notebook's cell in the traceback and its function, for the feedback."""
    import linecache

    found = function = ""
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        in_a_cell = not name.endswith(".py") or "ipykernel" in name or name.startswith("<")
        if in_a_cell and (line := linecache.getline(name, trace.tb_lineno).strip()):
            found, function = line, trace.tb_frame.f_code.co_name
        trace = trace.tb_next
    return found[:200], function[:100]
