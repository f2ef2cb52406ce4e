"""Judge every answer of the bank by replay and by hypothesis alone; the verdicts must be the same."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from rich.console import Console
from rich.progress import track

from tests.helpers.bank import NOTEBOOK, BankAnswer, bank, graded


def same_verdicts(answer: BankAnswer) -> bool:
    """Whether outcome, points and evidence of every check are the same."""
    with contextlib.redirect_stdout(io.StringIO()):
        return graded(answer) == graded(answer, memory=None)


def main(folders: list[str]) -> int:
    """Print the result; return exit status 1 if a verdict differs. folders: of the bank; all if empty."""
    console = Console()
    answers = [answer for answer in bank() if answer.folder in (folders or NOTEBOOK)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(track(pool.map(same_verdicts, answers, chunksize=4), total=len(answers), console=console))
    different = [a for a, is_same in zip(answers, results, strict=True) if not is_same]
    same = f"{len(answers) - len(different)} / {len(answers)}"
    console.print(f"answers with the same verdicts by replay and by hypothesis alone: {same}")
    for answer in different:
        console.print(f"  different: {answer.folder}/{answer.name}", markup=False)
    return int(bool(different))
