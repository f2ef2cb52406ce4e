"""For each wrong answer: which check catches it, in how many of five seeds, and how small the example is.

Exit status 1 if a right answer fails in some seed, or a wrong one is missed by a check that is meant for it.
"""

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
class Found:
    """caught: in how many seeds each check failed; example: the evidence of the first check meant for the mistake."""

    answer: BankAnswer
    caught: dict[str, int]
    example: str

    @property
    def sure(self) -> bool:
        """Right answers never fail; wrong ones always fail in the checks meant for them."""
        if self.answer.right:
            return not self.caught
        return all(self.caught.get(check) == len(SEEDS) for check in self.answer.fails)


def look(answer: BankAnswer) -> Found:
    """Judge one answer under each seed: the checks' own seed, a digest of their source, is replaced."""
    module = importlib.import_module(f"grader.assignments.loss_functions.checks.{answer.folder}")
    caught: Counter[str] = Counter()
    example = ""
    for seed in SEEDS:
        for check in vars(module).values():
            if hypothesis.is_hypothesis_test(check):
                hypothesis.seed(seed)(check)
        with contextlib.redirect_stdout(io.StringIO()):
            verdicts = graded(answer, memory=None)  # what is prepared was drawn from another seed
        failed = [verdict for verdict in verdicts if verdict.outcome is not Outcome.PASSED]
        caught.update(verdict.check for verdict in failed)
        meant = [v.evidence[0] for v in failed if v.check in answer.fails and v.evidence]
        example = min(filter(None, [example, *meant]), key=len, default="")
    return Found(answer, dict(caught), example)


def main(folders: list[str]) -> int:
    """→ exit status 1 if a right answer fails under some seed, or a wrong one is missed by a check meant for it."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    answers = [answer for answer in bank() if answer.folder in (folders or NOTEBOOK)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = list(track(pool.map(look, answers, chunksize=4), total=len(answers), console=console))
    for folder in dict.fromkeys(answer.folder for answer in answers):
        table = Table(title=folder, title_justify="left")
        for heading in ("answer", "caught by (seeds of 5)", "smallest example"):
            table.add_column(heading, overflow="fold")
        for f in found:
            if f.answer.folder == folder and not f.answer.right:
                checks = ", ".join(f"{check} {count}" for check, count in f.caught.items())
                table.add_row(f.answer.name, checks, f.example[:70])
        console.print(table, markup=False)
    wrong = [f for f in found if not f.answer.right]
    right = [f for f in found if f.answer.right]
    sure = f"{sum(f.sure for f in wrong)} / {len(wrong)}"
    console.print(f"wrong answers caught by every check meant for them, in 5 of 5 seeds: {sure}")
    console.print(f"right answers that no check fails in any seed: {sum(f.sure for f in right)} / {len(right)}")
    for f in found:
        if not f.sure:
            console.print(f"  not sure: {f.answer.folder}/{f.answer.name}: {f.caught}", markup=False)
    return int(not all(f.sure for f in found))
