"""The assignment on loss functions: what the engine needs to know of it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from grader.assignments.loss_functions.training import commands
from grader.assignments.loss_functions.training.images import (
    GENERATED,
    STAND_IN_NAME,
    describe,
    manifest_of,
    prepared,
    stand_in,
)
from grader.checking.assignment import Assignment, DataFile
from grader.errors import GraderFault

IMAGES_VARIABLE = "LOSS_FUNCTIONS_IMAGES"  # read by task 3's notebook
GRADING_BUDGET = {"LOSS_FUNCTIONS_EPOCHS": "2", "LOSS_FUNCTIONS_BATCHES": "4"}  # students' training cells: 0.2 s each


class LossFunctions(Assignment):
    """Task 3 needs images: students' cells train shortly on the stand-in, the trusted run on what is prepared."""

    def data(self, configured: str, build: Path) -> DataFile | None:
        """The configured images, else CIFAR-10 where it is prepared, else the generated stand-in."""
        path = Path(configured).resolve() if configured else prepared(build)
        manifest = manifest_of(path)
        if manifest is None:
            raise GraderFault(f"{path} is not a prepared file: python -m grader data show")
        description = f"images of task 3's trusted run: {describe(path)}"
        generated = manifest.source == GENERATED and path.name == STAND_IN_NAME
        return DataFile(path, manifest.sha256, description, (path.with_suffix(".json"),), generated)

    def student_files(self, build: Path) -> Mapping[str, Path]:
        """The stand-in: small, and the same for everyone."""
        return {IMAGES_VARIABLE: stand_in(build / STAND_IN_NAME)}

    def add_data_commands(self, commands_: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        """cifar10, folder, stand-in, show."""
        commands.add_to(commands_)


ASSIGNMENT = LossFunctions(
    folder=Path(__file__).parent,
    variables=GRADING_BUDGET,
    source_cells=("weighted_run_checks",),
    libraries=("torch", "torchvision", "scikit-learn", "numpy", "matplotlib"),
)
