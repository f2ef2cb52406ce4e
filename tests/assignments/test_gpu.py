"""What needs a GPU: `pytest -m gpu` (docs/gpu.md). `make test` leaves these out; without a GPU each of them fails."""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.assignments.loss_functions import GRADING_BUDGET
from grader.assignments.loss_functions.training.images import manifest_of, stand_in
from grader.assignments.loss_functions.training.weighted_run import CIFAR10, STAND_IN, Standard, Trained, WeightedRun
from grader.grading.grade import Request, grade
from grader.grading.judge import one_thread
from grader.nbgrader_plugin.preprocessors import modules_of
from grader.sandbox.processes.client import ForkServer
from tests.helpers.bank import BankAnswer, bank, names_with
from tests.helpers.loss_functions import IMAGES, SOURCE
from tests.quality.calibration import RATIOS, WEIGHTS, trained

pytestmark = pytest.mark.gpu

NOTEBOOK = (SOURCE / "imbalanced_cifar10.ipynb").read_bytes()
INVERSE = WEIGHTS["1/ratio"]
GPU = "cuda"
SEEDS = range(10)
PREPARED = {IMAGES: STAND_IN}
if manifest_of(IMAGES.with_name("cifar10.npy")):
    PREPARED[IMAGES.with_name("cifar10.npy")] = CIFAR10


@pytest.fixture(autouse=True)
def a_gpu() -> None:
    assert torch.cuda.is_available(), "these tests need a GPU: docs/gpu.md"


@pytest.fixture
def on_gpu(tmp_path: Path) -> WeightedRun:
    """A brief trusted run there, with a memo of its own."""
    images = str(stand_in(IMAGES))
    return WeightedRun(NOTEBOOK, images, images, "stand-in", replace(STAND_IN, epochs=1), tmp_path / "memo", GPU)


@pytest.fixture(params=[False, True], ids=["hidden", "shown"])
def server(request: pytest.FixtureRequest) -> Iterator[ForkServer]:
    """As the grader starts it, on a host with a GPU: students may use it, or not."""
    server = ForkServer(gpu=request.param)
    yield server
    server.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_task_3_in_a_students_process(server: ForkServer, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Its cells train on the GPU or, where it is hidden, on the CPU: CUDA does not survive a fork, so this also shows
    that the fork server leaves it alone. The trusted run is on the GPU either way."""
    device = {"hidden": "cpu", "shown": GPU}[request.node.callspec.id]
    images = stand_in(IMAGES)
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}
    variables = {**GRADING_BUDGET, **hidden, "LOSS_FUNCTIONS_IMAGES": str(images)}
    asked = Request(NOTEBOOK, NOTEBOOK, modules_of(NOTEBOOK), (), variables, (images,))
    run = WeightedRun(NOTEBOOK, str(images), str(images), "stand-in", STAND_IN, tmp_path / "memo", GPU)
    result = grade(asked, server.start, run)
    shown = "".join(output.get("text", "") for cell in result.notebook.cells for output in cell.get("outputs", []))
    assert f"計算に使う装置: {device}" in shown
    maxima = {c.id: c.metadata.nbgrader.points for c in result.notebook.cells if c.id in result.scores}
    assert result.scores == maxima


# Judged wrong for the device alone. `only_cuda_is_moved` is right wherever there are just these two.
DEVICE_ANSWERS = [
    answer
    for answer in bank()
    if answer.folder == "weighted_criterion"
    and (answer.right or answer.fails == {"device"})
    and answer.name != "only_cuda_is_moved"
]


def lands(make_criterion: Callable[..., Any], device: str | torch.device) -> bool:
    """Whether a loss can be computed on that device, and is there."""
    logits, targets = torch.zeros(3, len(RATIOS), device=device), torch.tensor([0, 9, 4], device=device)
    try:
        loss = make_criterion(RATIOS.tolist(), device)(logits, targets)
    except RuntimeError as error:
        if "device" in str(error):
            return False
        raise
    return bool(loss.device.type == torch.device(device).type)


@pytest.mark.parametrize("answer", DEVICE_ANSWERS, ids=lambda a: a.name)
def test_what_the_device_check_says_is_so(answer: BankAnswer) -> None:
    """Without a GPU, fake tensors tell whether a weight stays on the CPU; here is what torch does."""
    make_criterion = names_with(answer)["make_criterion"]
    assert all(lands(make_criterion, device) for device in (GPU, torch.device(GPU), "cpu")) == answer.right


def sides(result: Trained, standard: Standard) -> tuple[bool, ...]:
    """Of both bounds of D, and of all together. The floor of the mean recall is there for untrained networks, and wrong
    weightings lie around it: alone it decides nothing."""
    low, high = standard.gap
    return low <= result.gap, result.gap <= high, standard.meets(result)


@pytest.mark.parametrize("weights", [name for name in WEIGHTS if name != "1000/ratio"])
@pytest.mark.parametrize("images", PREPARED, ids=lambda path: path.stem)
def test_cpu_and_gpu_come_to_the_same(images: Path, weights: str) -> None:
    standard = PREPARED[images]
    stand_in(IMAGES)
    with one_thread():
        on_cpu = [trained(images, standard, WEIGHTS[weights], seed, "cpu") for seed in SEEDS]
    there = [trained(images, standard, WEIGHTS[weights], seed, GPU) for seed in SEEDS]
    assert statistics.mean(r.gap for r in there) == pytest.approx(statistics.mean(r.gap for r in on_cpu), abs=0.05)
    assert [sides(result, standard) for result in there] == [sides(result, standard) for result in on_cpu]


def test_the_first_losses_are_those_of_a_cpu(on_gpu: WeightedRun) -> None:
    """A student's cells may run on either; with TF32 they would lie 1e-3 apart."""
    with one_thread():
        expected = replace(on_gpu, device="cpu", _data={}).first_losses(INVERSE, 8)
    assert on_gpu.first_losses(INVERSE, 8) == pytest.approx(expected, abs=1e-4)


def test_a_run_is_the_same_twice(on_gpu: WeightedRun) -> None:
    again = replace(on_gpu, memo=on_gpu.memo.with_name("again"), _known={}, _data={})
    assert on_gpu.trained(INVERSE) == again.trained(INVERSE)
    assert on_gpu.first_losses(INVERSE, 8) == again.first_losses(INVERSE, 8)
    assert not torch.are_deterministic_algorithms_enabled()


def waits(work: Callable[[], object]) -> int:
    """How often the host waits for the GPU meanwhile."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            work()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing CUDA operation" in str(warning.message) for warning in caught)


def test_the_host_never_waits_within_an_epoch(on_gpu: WeightedRun) -> None:
    """Images, labels and order are there already; losses are fetched at the end."""
    on_gpu.first_losses(INVERSE, 1)  # brings the images there
    few, many = (waits(lambda batches=batches: on_gpu.first_losses(INVERSE, batches)) for batches in (10, 60))
    assert 0 < few == many
