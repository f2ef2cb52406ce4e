"""Measure whether answers of the bank get the names of their mistakes: with five seeds, and without their own entries.

Prints the CPU time of judging and naming, too: checks and answers in one process, without a notebook's other cells.

Run `python -m tests.quality.naming`, or `python -m tests.quality.naming softmax` for one folder.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from statistics import quantiles
from typing import NamedTuple

import hypothesis
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from grader.assignments.loss_functions import ASSIGNMENT
from grader.grading.recordings import Memory
from tests.helpers.bank import NOTEBOOK, BankAnswer, bank, named

SEEDS = range(5)


class Judged(NamedTuple):
    """An answer, the names of its mistakes (CPU-seconds to find them), the names that it gets without their entries."""

    path: str
    given: frozenset[str]
    without: list[frozenset[str]]
    seconds: float


def judge_folder(job: tuple[int, list[BankAnswer]]) -> list[Judged]:
    """Judge answers to one cell with one seed, in a process of its own."""
    seed, answers = job
    torch.set_num_threads(1)  # one process a core
    module = importlib.import_module(f"grader.assignments.loss_functions.checks.{answers[0].cell}")
    for check in vars(module).values():
        if hypothesis.is_hypothesis_test(check):
            hypothesis.seed(seed)(check)
    memory = Memory()
    catalogue = ASSIGNMENT.catalogue_for(f"{answers[0].cell}_checks")
    assert catalogue, answers[0].cell
    results = []
    for answer in answers:
        with contextlib.redirect_stdout(io.StringIO()):
            begin = time.process_time()
            _, given = named(answer, memory)
            seconds = time.process_time() - begin
            without = []
            for name in answer.diagnosis if seed == 0 else ():
                rest = replace(catalogue, entries=tuple(e for e in catalogue.entries if e.name != name))
                without.append(named(answer, memory, rest)[1])
        results.append(Judged(f"{answer.folder}/{answer.name}", given, without, seconds))
    return results


def jobs(answers: Iterable[BankAnswer]) -> list[tuple[int, list[BankAnswer]]]:
    """The answers in parts that are judged in one process, with each seed."""
    by_cell: dict[str, list[BankAnswer]] = {}
    for answer in answers:
        by_cell.setdefault(answer.cell, []).append(answer)
    return [(seed, of_cell) for of_cell in by_cell.values() for seed in SEEDS]


def main(folders: list[str]) -> int:
    """Print a table and every surprise; → exit status 1 if an answer is named wrongly. folders: all if empty."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    chosen = [a for a in bank() if a.folder in (folders or NOTEBOOK)]
    # Of the criterion's checks, by which these are named, an answer that is right for the training may fail some.
    answers = {f"{a.folder}/{a.name}": a for a in chosen if not (a.folder == "weighted_run" and a.right)}
    given: dict[str, list[frozenset[str]]] = {path: [] for path in answers}
    without: dict[str, list[frozenset[str]]] = {path: [] for path in answers}
    seconds: dict[bool, list[float]] = {True: [], False: []}  # by whether the answer is right
    work = jobs(answers.values())
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        for (seed, of_cell), results in track(
            zip(work, pool.map(judge_folder, work), strict=True), total=len(work), console=console
        ):
            kinds = Counter(kind(answers[judged.path], judged.given) for judged in results)
            console.print(f"{of_cell[0].cell}, seed {seed}: {dict(kinds)}", markup=False)
            for judged in results:
                given[judged.path].append(judged.given)
                without[judged.path] += judged.without
                seconds[answers[judged.path].right].append(judged.seconds)
    table = Table(title="names of mistakes, answers × seeds", title_justify="left")
    for heading in (
        "folder",
        "labelled",
        "named right",
        "not named",
        "named wrong",
        "no label",
        "named",
        "right",
        "named",
    ):
        table.add_column(heading)
    total: Counter[str] = Counter()
    for folder in dict.fromkeys(a.folder for a in answers.values()):
        count: Counter[str] = Counter()
        for path, answer in answers.items():
            if answer.folder == folder:
                count.update(kind(answer, names) for names in given[path])
        row = [count[k] for k in ("right name", "no name", "wrong name", "unlabelled", "unlabelled named")]
        rights = count["right"] + count["right named"]
        table.add_row(
            folder, *map(str, [sum(row[:3]), *row[:3], row[3] + row[4], row[4], rights, count["right named"]])
        )
        total += count
    console.print(table)
    for right, spent in seconds.items():
        if len(spent) > 1:
            half, *_, most = quantiles(spent, n=20)[9::9]
            console.print(
                f"{'right' if right else 'wrong'} answers: {half:.2f} CPU-s in the median, 95 % at most {most:.2f}"
            )
    for path, answer in answers.items():
        if surprises := {
            names for names in given[path] if kind(answer, names) not in ("right name", "unlabelled", "right")
        }:
            shown = [" + ".join(sorted(names)) or "none" for names in surprises]
            console.print(
                f"  {path}: {', '.join(shown)}; its label: {' + '.join(answer.diagnosis) or 'none'}", markup=False
            )
    left = [(path, names) for path, all_names in without.items() for names in all_names]
    others = [(path, names) for path, names in left if names]
    console.print(f"without their own entry: {len(others)} of {len(left)} get another name")
    for path, names in others:
        console.print(f"  {path}: {' + '.join(sorted(names))}", markup=False)
    return int(bool(total["wrong name"] + total["unlabelled named"] + total["right named"]))


def kind(answer: BankAnswer, names: frozenset[str]) -> str:
    """How the names fit the label of an answer."""
    if answer.right:
        return "right named" if names else "right"
    if not answer.diagnosis:
        return "unlabelled named" if names else "unlabelled"
    return "right name" if names == answer.diagnosis else "wrong name" if names else "no name"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
