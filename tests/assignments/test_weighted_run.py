"""The trusted run: each distinct weighting once, for all processes and for later runs; what never reaches training."""

from __future__ import annotations

import multiprocessing
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from grader.assignments.loss_functions.training.images import stand_in
from grader.assignments.loss_functions.training.weighted_run import CIFAR10, STAND_IN, Trained, WeightedRun
from tests.helpers.loss_functions import IMAGES, SOURCE

NOTEBOOK = SOURCE / "imbalanced_cifar10.ipynb"
INVERSE = 1 / torch.tensor([0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05])


class Counted(WeightedRun):
    """Writes down that it trains, and takes its time, instead of training."""

    def _run(self, weights: torch.Tensor | None) -> Trained:
        with (self.memo.parent / "trained").open("a") as file:
            file.write(f"{weights}\n".replace("\n", " ") + "\n")
        time.sleep(0.2)
        return Trained((0.5,) * 10)


def counted(folder: Path) -> Counted:
    return Counted(NOTEBOOK.read_bytes(), "", "", "digest", STAND_IN, folder / "memo")


def trainings(folder: Path) -> int:
    return len((folder / "trained").read_text().splitlines())


def test_equivalent_answers_share_a_run(tmp_path: Path) -> None:
    run = counted(tmp_path)
    for weights in (INVERSE, 1000 * INVERSE, INVERSE / INVERSE.sum(), INVERSE.double() * (1 + 1e-6)):
        run.trained(weights)
    assert trainings(tmp_path) == 1


def test_a_class_of_200_with_8_answers_trains_8_times_and_a_control(tmp_path: Path) -> None:
    run = counted(tmp_path)
    for student in range(200):
        run.trained(INVERSE ** (1 + student % 8))
        run.trained(None)
    assert trainings(tmp_path) == 9


def test_the_memo_survives_a_restart(tmp_path: Path) -> None:
    first = counted(tmp_path).trained(INVERSE)
    assert counted(tmp_path).trained(INVERSE) == first
    assert trainings(tmp_path) == 1


def ask(folder: Path) -> Trained:
    """In a worker."""
    return counted(folder).trained(INVERSE)


def test_parallel_workers_train_once(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(ask, [tmp_path] * 6))
    assert len(set(results)) == 1
    assert trainings(tmp_path) == 1


def test_two_workers_train_the_weighted_run_and_the_control_at_the_same_time(tmp_path: Path) -> None:
    both = threading.Barrier(2)

    class Together(Counted):
        def _run(self, weights: torch.Tensor | None) -> Trained:
            both.wait(20)  # broken, and so an error, if one waited for the other's run
            return super()._run(weights)

    def compare(_: int) -> tuple[Trained, Trained]:
        return Together(NOTEBOOK.read_bytes(), "", "", "digest", STAND_IN, tmp_path / "memo").with_control(INVERSE)

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(compare, range(2)))) == 1
    assert trainings(tmp_path) == 2


def test_an_interrupted_training_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: WeightedRun, weights: torch.Tensor | None) -> Trained:
        raise KeyboardInterrupt

    run = counted(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Counted, "_run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run.trained(INVERSE)
    run.trained(INVERSE)
    assert trainings(tmp_path) == 1


@pytest.mark.parametrize("field", ["digest", "seed", "device", "standard", "source"])
def test_all_that_a_result_depends_on_is_in_its_key(tmp_path: Path, field: str) -> None:
    other = {
        "digest": "other images",
        "seed": 1,
        "device": "cuda",
        "standard": CIFAR10,
        "source": NOTEBOOK.read_bytes().replace(b"LEARNING_RATE = 0.001", b"LEARNING_RATE = 0.002"),
    }
    run = counted(tmp_path)
    run.trained(INVERSE)
    replace(run, **{field: other[field]}, _known={}, _data={}).trained(INVERSE)
    assert trainings(tmp_path) == 2


@pytest.mark.parametrize(
    "weights",
    [
        INVERSE[:9], torch.ones(11), torch.zeros(10), -INVERSE, INVERSE * torch.nan, INVERSE * torch.inf,
        torch.ones(10, 1), torch.tensor([0.0] + [1.0] * 9), torch.tensor(1.0),
    ],
)  # fmt: skip
def test_bad_weights_never_reach_training(tmp_path: Path, weights: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="positive, finite"):
        counted(tmp_path).trained(weights)
    assert not (tmp_path / "trained").exists()


def test_standards() -> None:
    assert STAND_IN.meets(Trained((0.6,) * 10))
    assert not STAND_IN.meets(Trained((0.1,) * 10)), "an untrained network sees all classes alike, too"
    assert not STAND_IN.meets(Trained((0.9,) * 4 + (0.1,) * 6))
    assert not STAND_IN.meets(Trained((0.0,) * 4 + (0.9,) * 6))
    assert not STAND_IN.meets(Trained((float("nan"),) * 10))


def test_a_real_run_is_the_same_twice(tmp_path: Path) -> None:
    images = str(stand_in(IMAGES))
    brief = replace(STAND_IN, epochs=1)
    results = []
    for memo in ("one", "two"):
        run = WeightedRun(NOTEBOOK.read_bytes(), images, images, "digest", brief, tmp_path / memo)
        results.append((run.trained(INVERSE), run.first_losses(INVERSE, 3)))
    assert results[0] == results[1]
    assert len(results[0][1]) == 3
