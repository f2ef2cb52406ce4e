"""Every answer of the bank judged in both ways: what is prepared for a class gives the verdicts of hypothesis alone."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from rich.console import Console
from rich.progress import track

from tests.helpers.bank import NOTEBOOK, BankAnswer, bank, graded


def same(answer: BankAnswer) -> bool:
    """Outcome, points and evidence of every check."""
    with contextlib.redirect_stdout(io.StringIO()):
        return graded(answer) == graded(answer, memory=None)


def main(folders: list[str]) -> int:
    """→ exit status 1 if a verdict differs."""
    console = Console()
    answers = [answer for answer in bank() if answer.folder in (folders or NOTEBOOK)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(track(pool.map(same, answers, chunksize=4), total=len(answers), console=console))
    different = [a for a, is_same in zip(answers, results, strict=True) if not is_same]
    console.print(f"answers with the same verdicts in both ways: {len(answers) - len(different)} / {len(answers)}")
    for answer in different:
        console.print(f"  different: {answer.folder}/{answer.name}", markup=False)
    return int(bool(different))
