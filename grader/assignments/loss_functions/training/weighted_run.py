"""The trusted run: train with a student's class weights and the instructor's functions; cached by weights.

Only the instructor's source is executed; the student contributes ten numbers. The measurements behind the constants are
in docs/weighted-run.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from grader.assignments.loss_functions.training.images import (
    GENERATED,
    STAND_IN_NAME,
    describe_to_students,
    manifest_of,
    stand_in,
)
from grader.checking.assignment import Material
from grader.checking.atomic import atomic_write
from grader.checking.solution import code_cells, definitions, environment
from grader.errors import GraderFault

MOMENTUM = 0.9  # the effect of the weights appears after 5 epochs; with the lecture's plain SGD, after 60
SEED = 0
HEAD, TAIL = slice(0, 2), slice(4, 10)  # the two most common classes and the six rarest


@dataclass(frozen=True)
class Trained:
    """The result of a training run. recall: of each class on the test images, 0 to 1."""

    recall: tuple[float, ...]

    @property
    def head(self) -> float:
        """Mean recall of the common classes."""
        return sum(self.recall[HEAD]) / len(self.recall[HEAD])

    @property
    def tail(self) -> float:
        """Mean recall of the rare classes."""
        return sum(self.recall[TAIL]) / len(self.recall[TAIL])

    @property
    def gap(self) -> float:
        """D = head − tail; 0 if the mean recall of rare and common classes is equal."""
        return self.head - self.tail

    @property
    def macro_recall(self) -> float:
        """Mean recall over all classes."""
        return sum(self.recall) / len(self.recall)


@dataclass(frozen=True)
class Standard:
    """Training time for a data set, and the bounds that right weights meet there.

    gap: minimum and maximum of D. macro_recall: minimum of the mean recall; without it an untrained network, with
    D ≈ 0, would pass.
    """

    epochs: int
    gap: tuple[float, float]
    macro_recall: float

    def meets(self, trained: Trained) -> bool:
        """Whether D and the mean recall are within the bounds; nan never is."""
        low, high = self.gap
        return low <= trained.gap <= high and trained.macro_recall >= self.macro_recall


STAND_IN = Standard(epochs=4, gap=(-0.35, 0.25), macro_recall=0.40)
CIFAR10 = Standard(epochs=5, gap=(-0.25, 0.30), macro_recall=0.33)


def weighted_run_of(material: Material) -> WeightedRun:
    """The trusted run on the material's images. Raises GraderFault if the notebook or the images are missing."""
    if material.source is None or material.data is None or (manifest := manifest_of(material.data)) is None:
        raise GraderFault(f"the trusted run has no notebook or no images: {material.data}")
    return WeightedRun(
        source=material.source,
        short_images=str(stand_in(material.build / STAND_IN_NAME)),
        images=str(material.data),
        digest=manifest.sha256,
        standard=STAND_IN if manifest.source == GENERATED else CIFAR10,
        memo=material.build / "trusted-runs",
        device=material.device,
    )


@contextmanager
def reproducible() -> Iterator[None]:
    """Make torch deterministic on one machine, and as exact on a GPU as on a CPU (TF32 would cost three digits)."""
    before = torch.get_deterministic_debug_mode()
    workspace = environment({"CUBLAS_WORKSPACE_CONFIG": ":4096:8"})  # required by cuBLAS for deterministic results
    with workspace, torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        torch.set_deterministic_debug_mode("error")  # `use_deterministic_algorithms` imports torch's compiler: 1.5 s
        try:
            yield
        finally:
            torch.set_deterministic_debug_mode(before)


@dataclass(frozen=True)
class WeightedRun:
    """The training of task 3 in a trusted process.

    source: the instructor's notebook. short_images: path of the images that students' own cells train on. images: path
    of the images of the trusted run. digest: SHA-256 of the latter. memo: a folder for results, shared by all processes
    and kept between runs. device: torch device.
    """

    source: bytes
    short_images: str
    images: str
    digest: str
    standard: Standard
    memo: Path
    device: str = "cpu"
    seed: int = SEED
    _known: dict[str, Trained] = field(default_factory=dict, repr=False, compare=False)
    _data: dict[str, tuple[torch.Tensor, ...]] = field(default_factory=dict, repr=False, compare=False)
    _losses: dict[Any, list[float]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def shown(self) -> str:
        """The images of the trusted run, for students."""
        return describe_to_students(Path(self.images))

    @reproducible()
    def first_losses(self, weights: torch.Tensor | None, batches: int) -> list[float]:
        """Losses of the first `batches` minibatches of the notebook's own training (no momentum), before each step.

        weights: see `trained`. Raises ValueError as `trained` does.
        """
        normalised = None if weights is None else self._normalised(weights)
        key = None if normalised is None else tuple(normalised.tolist()), batches
        if key not in self._losses:
            _, history = self._train(self.short_images, normalised, epochs=1, batches=batches)
            self._losses[key] = [float(loss) for loss in history["first_batches"]][:batches]
        return self._losses[key]

    def fresh_parameters(self) -> list[torch.Tensor]:
        """The parameters of the network before its first step."""
        return list(self._names["make_network"](self.seed).parameters())

    def class_names(self) -> list[str]:
        """Class names, by label."""
        return list(self._names["CLASS_NAMES"])

    def with_control(self, weights: torch.Tensor) -> tuple[Trained, Trained]:
        """`trained(weights), trained(None)`. Trains the second first if another process is training the first."""
        try:
            result = self.trained(weights, wait=False)
        except Timeout:
            control = self.trained(None)
            return self.trained(weights), control
        return result, self.trained(None)

    def trained(self, weights: torch.Tensor | None, *, wait: bool = True) -> Trained:
        """Train with class weights Tensor[C], or without weights (None: the control), unless the result is cached.

        A factor in the weights does not change the loss, so they are normalised to a sum of 1 and rounded to four
        digits; equal ones share a run. wait: False raises filelock's Timeout if another process is training with the
        same weights. Raises ValueError for weights that are not positive and finite, one for each class.
        """
        normalised = None if weights is None else self._normalised(weights)
        key = self._key(normalised)
        if key not in self._known:
            self.memo.mkdir(parents=True, exist_ok=True)
            path = self.memo / f"{key}.json"
            with FileLock(path.with_suffix(".lock"), blocking=wait):  # other processes wait for the result
                if not path.exists():
                    self._store(path, self._run(normalised))
            self._known[key] = Trained(tuple(json.loads(path.read_text())["recall"]))
        return self._known[key]

    @reproducible()
    def _run(self, weights: torch.Tensor | None) -> Trained:
        network, _ = self._train(self.images, weights, epochs=self.standard.epochs, momentum=MOMENTUM)
        *_, test_images, test_labels = self._load(self.images)
        recall = self._names["recall_by_class"](test_labels, self._names["predict"](network, test_images))
        return Trained(tuple(recall.tolist()))

    def _train(
        self, images_file: str, weights: torch.Tensor | None, **budget: Any
    ) -> tuple[Any, Mapping[str, Sequence[float]]]:
        images, labels, train, validation, *_ = self._load(images_file)
        network = self._names["make_network"](self.seed).to(self.device)
        factor = None if weights is None else (weights / weights.sum()).float().to(self.device)
        criterion = torch.nn.CrossEntropyLoss(weight=factor)
        history = self._names["train"](network, criterion, images, labels, train, validation, seed=self.seed, **budget)
        return network, history

    def _load(self, images_file: str) -> tuple[torch.Tensor, ...]:
        """Training images and labels, indices for training and validation, test images and labels; on the device."""
        if images_file not in self._data:
            names = self._names
            images, labels, test_images, test_labels = names["load_images"](images_file)
            used = names["imbalanced_indices"](labels, names["RATIOS"])
            images, labels = images[used], labels[used]  # 5,000 of 50,000 images
            train, validation = names["split_indices"](torch.arange(len(used)), names["SEED"])
            on_device = (t.to(self.device) for t in (images, labels, train, validation, test_images, test_labels))
            self._data[images_file] = tuple(on_device)
        return self._data[images_file]

    def _normalised(self, weights: torch.Tensor) -> torch.Tensor:
        classes = len(self._names["RATIOS"])
        if weights.shape != (classes,) or not bool((weights.isfinite() & (weights > 0)).all()):
            raise ValueError(f"not {classes} positive, finite weights: {weights.tolist()}")
        shares = weights.double() / weights.double().sum()
        return torch.tensor([float(f"{share:.4g}") for share in shares.tolist()], dtype=torch.float64)

    def _key(self, weights: torch.Tensor | None) -> str:
        """A digest of everything that the result depends on."""
        text = None if weights is None else weights.tolist()
        budget = [self.standard.epochs, MOMENTUM, self.seed, self.device, torch.__version__]
        return hashlib.sha256(json.dumps([text, self.digest, self._code, budget]).encode()).hexdigest()

    @cached_property
    def _names(self) -> dict[str, Any]:
        return definitions(self.source)

    @cached_property
    def _code(self) -> str:
        return hashlib.sha256("\0".join(cell.source for cell in code_cells(self.source)).encode()).hexdigest()

    @staticmethod
    def _store(path: Path, trained: Trained) -> None:
        atomic_write(path, json.dumps({"recall": trained.recall}))
