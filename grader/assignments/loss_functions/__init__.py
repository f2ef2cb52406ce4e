"""The assignment on loss functions, as the engine sees it: `ASSIGNMENT`."""

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
from grader.checking.wording import N_
from grader.errors import GraderFault

IMAGES_VARIABLE = "LOSS_FUNCTIONS_IMAGES"  # path of the images; read by task 3's notebook
GRADING_BUDGET = {"LOSS_FUNCTIONS_EPOCHS": "1", "LOSS_FUNCTIONS_BATCHES": "4"}  # students' training takes 0.1 s


class LossFunctions(Assignment):
    """Adds the images of task 3: students' cells train on the stand-in, the trusted run on the prepared images."""

    def data(self, configured: str, build: Path) -> DataFile | None:
        """The configured images, else CIFAR-10 if it has been prepared, else the generated stand-in.

        Raises GraderFault for configured images that are not a complete prepared file.
        """
        path = Path(configured).resolve() if configured else prepared(build)
        manifest = manifest_of(path)
        if manifest is None:
            raise GraderFault(f"{path} is not a prepared file: python -m grader data show")
        description = f"images of task 3's trusted run: {describe(path)}"
        generated = manifest.source == GENERATED and path.name == STAND_IN_NAME
        return DataFile(path, manifest.sha256, description, (path.with_suffix(".json"),), generated)

    def student_files(self, build: Path) -> Mapping[str, Path]:
        """The stand-in images: small, and the same for every student."""
        return {IMAGES_VARIABLE: stand_in(build / STAND_IN_NAME)}

    def add_data_commands(self, commands_: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        """Add cifar10, folder, stand-in and show."""
        commands.add_to(commands_)


ASSIGNMENT = LossFunctions(
    folder=Path(__file__).parent,
    title=N_("損失関数"),
    variables=GRADING_BUDGET,
    source_cells=("weighted_run_checks",),
    libraries=("torch", "torchvision", "scikit-learn", "numpy", "matplotlib"),
)
