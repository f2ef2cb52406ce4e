"""Judge every answer of the bank in both editions: the same verdicts and diagnoses, each told in its language only.

`python -m tests.quality.editions`, or with names of folders of the bank.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from babel.messages.pofile import read_po
from rich.console import Console
from rich.progress import track

from grader.assignments.loss_functions import ASSIGNMENT
from grader.cli.translation.words import JAPANESE
from grader.grading.diagnosis import judge_and_diagnose
from grader.student.proxy import InProcessChannel
from grader.submission.language import LOCALE, speaking
from tests.helpers.bank import FIXTURES, MEMORY, NOTEBOOK, BankAnswer, bank, namespace_with
from tests.helpers.loss_functions import ENGLISH, SOURCE, checks_for, material_for

with (LOCALE / "en.po").open("rb") as file:
    # Translations that are a sentence by themselves.
    SAID = [str(m.string) for m in read_po(file) if m.id and "{" not in str(m.string) and str(m.string).count(" ") > 1]


@dataclass(frozen=True)
class Told:
    """What a student is told of an answer. verdicts: (check, outcome, points). diagnosis: names of mistakes, or ""."""

    verdicts: tuple[tuple[str, str, float], ...]
    diagnosis: str
    words: str


def told(answer: BankAnswer, language: str) -> Told:
    """Judge it in the notebook of the edition in that language."""
    cell = f"{answer.folder}_checks"
    catalogue = ASSIGNMENT.catalogue_for(cell)
    material = replace(material_for(NOTEBOOK[answer.folder]), cache=FIXTURES)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), speaking(language):
        warnings.simplefilter("ignore")  # some answers cause warnings
        channel = InProcessChannel(namespace_with(answer, ENGLISH if language == "en" else SOURCE))
        catalogues = {cell: catalogue} if catalogue else {}
        verdicts, found = judge_and_diagnose(
            {cell: checks_for(cell)}, lambda cell: channel, material, MEMORY, "", catalogues
        )
    words = [(v.title, v.evidence, v.figure.caption if v.figure else "") for v in verdicts[cell]]
    name, text = (found[cell].name, found[cell].text) if cell in found else ("", "")
    return Told(tuple((v.check, v.outcome.value, v.points) for v in verdicts[cell]), name, f"{words} {text}")


def difference(answer: BankAnswer) -> str:
    """What differs between the editions but should not, or ""; the answer's own words may be in any language."""
    japanese, english = told(answer, "ja"), told(answer, "en")
    if (japanese.verdicts, japanese.diagnosis) != (english.verdicts, english.diagnosis):
        return f"{japanese.verdicts} {japanese.diagnosis} ≠ {english.verdicts} {english.diagnosis}"
    if left := [text for text in JAPANESE.findall(english.words) if text not in answer.source]:
        return f"Japanese in {english.words}: {''.join(left)}"
    if left := [text for text in SAID if text in japanese.words]:
        return f"English in {japanese.words}: {left}"
    return ""


def main(folders: list[str]) -> int:
    """Print the result; return exit status 1 if something differs. folders: of the bank; all if empty."""
    console = Console()
    answers = [answer for answer in bank() if answer.folder in (folders or NOTEBOOK)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(track(pool.map(difference, answers, chunksize=4), total=len(answers), console=console))
    console.print(f"answers with the same verdicts in both editions: {results.count('')} / {len(answers)}")
    for answer, text in zip(answers, results, strict=True):
        if text:
            console.print(f"  {answer.folder}/{answer.name}: {text}", markup=False)
    return int(any(results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
