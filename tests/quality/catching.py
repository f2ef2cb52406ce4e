"""Measure for each wrong answer which check catches it, with how many of five seeds, and by how small an example."""

from __future__ import annotations

import contextlib
import importlib
import io
import multiprocessing
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import hypothesis
from rich.console import Console
from rich.progress import track
from rich.table import Table

from grader.grading.verdict import Outcome
from tests.helpers.bank import NOTEBOOK, BankAnswer, bank, graded

SEEDS = range(5)


@dataclass(frozen=True)
class Judged:
    """An answer judged with every seed.

    caught: check → with how many seeds it failed. example: the shortest evidence of a check meant for the mistake.
    """

    answer: BankAnswer
    caught: dict[str, int]
    example: str

    @property
    def reliable(self) -> bool:
        """Whether a right answer never fails, and a wrong one always fails in the checks meant for it."""
        if self.answer.right:
            return not self.caught
        return all(self.caught.get(check) == len(SEEDS) for check in self.answer.fails)


def judge_with_seeds(answer: BankAnswer) -> Judged:
    """Judge one answer with each seed, which replaces the checks' own seed, a digest of their source."""
    module = importlib.import_module(f"grader.assignments.loss_functions.checks.{answer.folder}")
    caught: Counter[str] = Counter()
    example = ""
    for seed in SEEDS:
        for check in vars(module).values():
            if hypothesis.is_hypothesis_test(check):
                hypothesis.seed(seed)(check)
        with contextlib.redirect_stdout(io.StringIO()):
            verdicts = graded(answer, memory=None)  # replay would use examples drawn with another seed
        failed = [verdict for verdict in verdicts if verdict.outcome is not Outcome.PASSED]
        caught.update(verdict.check for verdict in failed)
        meant = [v.evidence[0] for v in failed if v.check in answer.fails and v.evidence]
        example = min(filter(None, [example, *meant]), key=len, default="")
    return Judged(answer, dict(caught), example)


def main(folders: list[str]) -> int:
    """Print tables; return exit status 1 if an answer is not judged reliably. folders: of the bank; all if empty."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    answers = [answer for answer in bank() if answer.folder in (folders or NOTEBOOK)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        judged = list(track(pool.map(judge_with_seeds, answers, chunksize=4), total=len(answers), console=console))
    for folder in dict.fromkeys(answer.folder for answer in answers):
        table = Table(title=folder, title_justify="left")
        for heading in ("answer", "caught by (seeds of 5)", "smallest example"):
            table.add_column(heading, overflow="fold")
        for j in judged:
            if j.answer.folder == folder and not j.answer.right:
                checks = ", ".join(f"{check} {count}" for check, count in j.caught.items())
                table.add_row(j.answer.name, checks, j.example[:70])
        console.print(table, markup=False)
    wrong = [j for j in judged if not j.answer.right]
    right = [j for j in judged if j.answer.right]
    reliable = f"{sum(j.reliable for j in wrong)} / {len(wrong)}"
    console.print(f"wrong answers caught by every check meant for them, with 5 of 5 seeds: {reliable}")
    console.print(f"right answers that no check fails with any seed: {sum(j.reliable for j in right)} / {len(right)}")
    for j in judged:
        if not j.reliable:
            console.print(f"  unreliable: {j.answer.folder}/{j.answer.name}: {j.caught}", markup=False)
    return int(not all(j.reliable for j in judged))
