"""Tests that need a GPU: `pytest -m gpu` (docs/gpu.md). `make test` excludes them; without a GPU each fails."""

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
from grader.checking.assignment import Material
from grader.grading.grade import Request, grade
from grader.grading.judge import one_thread
from grader.sandbox.processes.client import ForkServer
from tests.helpers.bank import BankAnswer, bank, namespace_with
from tests.helpers.loss_functions import IMAGES, SOURCE, checks_for
from tests.quality.calibration import RATIOS, WEIGHTS, trained

pytestmark = pytest.mark.gpu

NOTEBOOK = (SOURCE / "imbalanced_cifar10.ipynb").read_bytes()
INVERSE = WEIGHTS["1/ratio"]
GPU = "cuda"
SEEDS = range(10)
STANDARDS = {IMAGES: STAND_IN}  # by prepared file
if manifest_of(IMAGES.with_name("cifar10.npy")):
    STANDARDS[IMAGES.with_name("cifar10.npy")] = CIFAR10


@pytest.fixture(autouse=True)
def require_gpu() -> None:
    assert torch.cuda.is_available(), "these tests need a GPU: docs/gpu.md"


@pytest.fixture
def on_gpu(tmp_path: Path) -> WeightedRun:
    """A trusted run of one epoch on the GPU, with an empty cache."""
    images = str(stand_in(IMAGES))
    return WeightedRun(NOTEBOOK, images, images, "stand-in", replace(STAND_IN, epochs=1), tmp_path / "memo", GPU)


@pytest.fixture(params=[False, True], ids=["hidden", "shown"])
def server(request: pytest.FixtureRequest) -> Iterator[ForkServer]:
    """A fork server on a host with a GPU that students may use, or not."""
    server = ForkServer(gpu=request.param)
    yield server
    server.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_solution_of_task_3_has_full_marks_with_the_gpu_shown_or_hidden(
    server: ForkServer, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Students' cells train on the GPU or, if it is hidden, on the CPU; the trusted run uses the GPU in both cases.

    CUDA does not survive a fork, so this also shows that the fork server does not initialise CUDA.
    """
    device = {"hidden": "cpu", "shown": GPU}[request.node.callspec.id]
    images = stand_in(IMAGES)
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}
    variables = {**GRADING_BUDGET, **hidden, "LOSS_FUNCTIONS_IMAGES": str(images)}
    cells = ("inverse_ratio_weights_checks", "weighted_criterion_checks", "weighted_run_checks")
    material = Material(NOTEBOOK, images, tmp_path, GPU)
    modules = {cell: checks_for(cell) for cell in cells}
    in_place = device != "cpu"
    request_ = Request(NOTEBOOK, NOTEBOOK, modules, (), variables, (images,), in_place, material=material)
    result = grade(request_, server.start)
    shown = "".join(output.get("text", "") for cell in result.notebook.cells for output in cell.get("outputs", []))
    assert f"計算に使う装置: {device}" in shown
    maxima = {c.id: c.metadata.nbgrader.points for c in result.notebook.cells if c.id in result.scores}
    assert result.scores == maxima


# Right, or wrong only in the check `device`. `only_cuda_is_moved` is right on hosts that have just "cpu" and "cuda".
DEVICE_ANSWERS = [
    answer
    for answer in bank()
    if answer.folder == "weighted_criterion"
    and (answer.right or answer.fails == {"device"})
    and answer.name != "only_cuda_is_moved"
]


def loss_is_on(make_criterion: Callable[..., Any], device: str | torch.device) -> bool:
    """Whether a loss can be computed for tensors on that device, and is on it."""
    logits, targets = torch.zeros(3, len(RATIOS), device=device), torch.tensor([0, 9, 4], device=device)
    try:
        loss = make_criterion(RATIOS.tolist(), device)(logits, targets)
    except RuntimeError as error:
        if "device" in str(error):
            return False
        raise
    return bool(loss.device.type == torch.device(device).type)


@pytest.mark.parametrize("answer", DEVICE_ANSWERS, ids=lambda a: a.name)
def test_the_device_check_predicts_what_torch_does_on_a_gpu(answer: BankAnswer) -> None:
    """The check uses fake tensors to find weights that stay on the CPU; here torch itself raises."""
    make_criterion = namespace_with(answer)["make_criterion"]
    assert all(loss_is_on(make_criterion, device) for device in (GPU, torch.device(GPU), "cpu")) == answer.right


def sides(result: Trained, standard: Standard) -> tuple[bool, ...]:
    """Whether D is above its lower bound, below its upper one, and the standard met.

    The bound of the mean recall is not compared alone: it is there for untrained networks, and the results of wrong
    weightings lie on both sides of it.
    """
    low, high = standard.gap
    return low <= result.gap, result.gap <= high, standard.meets(result)


@pytest.mark.parametrize("weights", [name for name in WEIGHTS if name != "1000/ratio"])
@pytest.mark.parametrize("images", STANDARDS, ids=lambda path: path.stem)
def test_runs_on_cpu_and_gpu_agree(images: Path, weights: str) -> None:
    standard = STANDARDS[images]
    stand_in(IMAGES)
    with one_thread():
        on_cpu = [trained(images, standard, WEIGHTS[weights], seed, "cpu") for seed in SEEDS]
    on_gpu = [trained(images, standard, WEIGHTS[weights], seed, GPU) for seed in SEEDS]
    assert statistics.mean(r.gap for r in on_gpu) == pytest.approx(statistics.mean(r.gap for r in on_cpu), abs=0.05)
    assert [sides(result, standard) for result in on_gpu] == [sides(result, standard) for result in on_cpu]


def test_the_first_losses_agree_with_those_of_a_cpu(on_gpu: WeightedRun) -> None:
    """Students' cells may run on either device; with TF32 the losses would differ by 1e-3."""
    with one_thread():
        expected = replace(on_gpu, device="cpu", _data={}, _losses={}).first_losses(INVERSE, 8)
    assert on_gpu.first_losses(INVERSE, 8) == pytest.approx(expected, abs=1e-4)


def test_a_run_is_deterministic(on_gpu: WeightedRun) -> None:
    again = replace(on_gpu, memo=on_gpu.memo.with_name("again"), _known={}, _data={}, _losses={})
    assert on_gpu.trained(INVERSE) == again.trained(INVERSE)
    assert on_gpu.first_losses(INVERSE, 8) == again.first_losses(INVERSE, 8)
    assert not torch.are_deterministic_algorithms_enabled()


def synchronisations(work: Callable[[], object]) -> int:
    """How often the host waits for the GPU during `work`."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            work()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing CUDA operation" in str(warning.message) for warning in caught)


def test_the_host_does_not_wait_for_the_gpu_within_an_epoch(on_gpu: WeightedRun) -> None:
    """Images, labels and order are on the GPU before; losses are copied to the host at the end."""
    on_gpu.first_losses(INVERSE, 1)  # copies the images to the GPU
    few, many = (
        synchronisations(lambda batches=batches: on_gpu.first_losses(INVERSE, batches)) for batches in (10, 60)
    )
    assert 0 < few == many
