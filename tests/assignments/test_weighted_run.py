"""The trusted run: cached by weights for all processes and later runs, deterministic, and only with valid weights."""

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


class CountedRun(WeightedRun):
    """Logs each training to a file and sleeps 0.2 s, instead of training."""

    def _run(self, weights: torch.Tensor | None) -> Trained:
        with (self.memo.parent / "trained").open("a") as file:
            file.write(f"{weights}\n".replace("\n", " ") + "\n")
        time.sleep(0.2)
        return Trained((0.5,) * 10)


def counted_run(folder: Path) -> CountedRun:
    return CountedRun(NOTEBOOK.read_bytes(), "", "", "digest", STAND_IN, folder / "memo")


def trainings(folder: Path) -> int:
    return len((folder / "trained").read_text().splitlines())


def test_equivalent_weights_share_a_run(tmp_path: Path) -> None:
    run = counted_run(tmp_path)
    for weights in (INVERSE, 1000 * INVERSE, INVERSE / INVERSE.sum(), INVERSE.double() * (1 + 1e-6)):
        run.trained(weights)
    assert trainings(tmp_path) == 1


def test_a_class_of_200_with_8_answers_trains_8_times_and_a_control(tmp_path: Path) -> None:
    run = counted_run(tmp_path)
    for student in range(200):
        run.trained(INVERSE ** (1 + student % 8))
        run.trained(None)
    assert trainings(tmp_path) == 9


def test_results_are_cached_on_disk(tmp_path: Path) -> None:
    first = counted_run(tmp_path).trained(INVERSE)
    assert counted_run(tmp_path).trained(INVERSE) == first
    assert trainings(tmp_path) == 1


def train(folder: Path) -> Trained:
    """The work of one worker."""
    return counted_run(folder).trained(INVERSE)


def test_parallel_workers_train_once(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(train, [tmp_path] * 6))
    assert len(set(results)) == 1
    assert trainings(tmp_path) == 1


def test_two_workers_train_the_weighted_run_and_the_control_at_the_same_time(tmp_path: Path) -> None:
    both = threading.Barrier(2)

    class MeetingRun(CountedRun):
        def _run(self, weights: torch.Tensor | None) -> Trained:
            both.wait(20)  # raises BrokenBarrierError if one training waits for the other
            return super()._run(weights)

    def compare(_: int) -> tuple[Trained, Trained]:
        return MeetingRun(NOTEBOOK.read_bytes(), "", "", "digest", STAND_IN, tmp_path / "memo").with_control(INVERSE)

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(compare, range(2)))) == 1
    assert trainings(tmp_path) == 2


def test_an_interrupted_training_is_not_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: WeightedRun, weights: torch.Tensor | None) -> Trained:
        raise KeyboardInterrupt

    run = counted_run(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(CountedRun, "_run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run.trained(INVERSE)
    run.trained(INVERSE)
    assert trainings(tmp_path) == 1


@pytest.mark.parametrize("field", ["digest", "seed", "device", "standard", "source"])
def test_the_cache_key_covers_everything_that_a_result_depends_on(tmp_path: Path, field: str) -> None:
    other = {
        "digest": "other images",
        "seed": 1,
        "device": "cuda",
        "standard": CIFAR10,
        "source": NOTEBOOK.read_bytes().replace(b"LEARNING_RATE = 0.001", b"LEARNING_RATE = 0.002"),
    }
    run = counted_run(tmp_path)
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
def test_invalid_weights_are_refused_before_training(tmp_path: Path, weights: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="positive, finite"):
        counted_run(tmp_path).trained(weights)
    assert not (tmp_path / "trained").exists()


def test_a_standard_bounds_the_gap_and_the_mean_recall() -> None:
    assert STAND_IN.meets(Trained((0.6,) * 10))
    assert not STAND_IN.meets(Trained((0.1,) * 10)), "an untrained network has D = 0, too"
    assert not STAND_IN.meets(Trained((0.9,) * 4 + (0.1,) * 6))
    assert not STAND_IN.meets(Trained((0.0,) * 4 + (0.9,) * 6))
    assert not STAND_IN.meets(Trained((float("nan"),) * 10))


def test_a_real_run_is_deterministic(tmp_path: Path) -> None:
    images = str(stand_in(IMAGES))
    one_epoch = replace(STAND_IN, epochs=1)
    results = []
    for memo in ("one", "two"):
        run = WeightedRun(NOTEBOOK.read_bytes(), images, images, "digest", one_epoch, tmp_path / memo)
        results.append((run.trained(INVERSE), run.first_losses(INVERSE, 3)))
    assert results[0] == results[1]
    assert len(results[0][1]) == 3
