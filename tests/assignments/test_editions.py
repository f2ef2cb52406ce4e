"""The English edition: what `translate` makes of the Japanese notebooks, with the same outputs but for the words."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from grader.assignments.loss_functions import ASSIGNMENT
from grader.checking.assignment import find
from grader.cli.sample import sample_class
from grader.cli.translation.words import JAPANESE, code_of, words_of
from grader.cli.translation.write import write_edition
from grader.nbgrader_plugin.course import PROJECT, Course
from grader.sandbox.processes.client import ForkServer
from tests.helpers.bank import BankAnswer, bank
from tests.helpers.course_fixture import NOTEBOOKS
from tests.helpers.loss_functions import ENGLISH, SOURCE
from tests.helpers.notebook_runs import Run
from tests.quality.editions import difference

EDITIONS = {edition.language: edition for edition in ASSIGNMENT.editions()}
FORMULAS = re.compile(r"\$\$?[^$]+\$\$?")
NUMBERS = re.compile(r"\d+(?:\.\d+)?")
CHECK_NAME = re.compile(r"^[✓✗] [^|｜]*", re.MULTILINE)  # its words may count: "row 2", "the second row"
BANK = bank()


def cells_of(folder: Path, name: str) -> list[NotebookNode]:
    return list(nbformat.read(folder / f"{name}.ipynb", as_version=4).cells)


def numbers(text: str) -> list[str]:
    """In any order: another language has another one."""
    return sorted(NUMBERS.findall(CHECK_NAME.sub("", text)))


@pytest.mark.parametrize("language", EDITIONS)
def test_the_committed_source_is_made_from_the_original_and_its_translation(language: str, tmp_path: Path) -> None:
    edition = EDITIONS[language]
    texts = shutil.copytree(edition.translation, tmp_path / "texts")
    assert write_edition(SOURCE, texts, tmp_path / "source", language) == []
    for folder, made in ((edition.translation, texts), (PROJECT / "source" / edition.id, tmp_path / "source")):
        committed = {path.name: path.read_text() for path in folder.iterdir()}
        stale = [name for name in committed if committed[name] != (made / name).read_text()]
        assert not stale, f"run `python -m grader translate`: {stale}"


@pytest.mark.parametrize("language", EDITIONS)
def test_the_committed_release_is_up_to_date(language: str, tmp_path: Path) -> None:
    course = Course(tmp_path, EDITIONS[language].id)
    shutil.copytree(PROJECT / "source" / course.assignment, course.folder("source"))
    course.build_release()
    made, committed = (
        {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        for folder in (course.folder("release"), PROJECT / "release" / course.assignment)
    )
    assert made.keys() == committed.keys() == {*(f"{n}.ipynb" for n in NOTEBOOKS), "README.md", "requirements.txt"}
    assert [name for name in made if made[name] != committed[name]] == [], "run `make release`"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_only_words_differ(name: str) -> None:
    original, english = cells_of(SOURCE, name), cells_of(ENGLISH, name)
    assert [(c.id, c.cell_type, c.metadata) for c in original] == [(c.id, c.cell_type, c.metadata) for c in english]
    for before, after in zip(original, english, strict=True):
        if before.cell_type == "code":
            assert code_of(before.source) == code_of(after.source), before.id
        else:
            assert sorted(FORMULAS.findall(before.source)) == sorted(FORMULAS.findall(after.source)), before.id
            decimals = [sorted(n for n in NUMBERS.findall(c.source) if "." in n) for c in (before, after)]
            assert decimals[0] == decimals[1], before.id


@pytest.mark.parametrize("folder", ["source/loss_functions_en", "release/loss_functions_en"])
def test_english_files_have_no_japanese_character(folder: str) -> None:
    for path in (PROJECT / folder).iterdir():
        assert not JAPANESE.findall(path.read_text()), path


def test_no_translation_is_left_in_the_original() -> None:
    """Words of code that the English edition translates are Japanese in the Japanese one."""
    for name in NOTEBOOKS:
        for before, after in zip(cells_of(SOURCE, name), cells_of(ENGLISH, name), strict=True):
            if before.cell_type == "markdown":
                assert JAPANESE.search(before.source), before.id
            else:
                assert bool(words_of(before.source)) == (before.source != after.source), before.id


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_both_editions_show_the_same_numbers_and_pictures(server: ForkServer, name: str) -> None:
    japanese, english = Run(server, name), Run(server, name, folder=ENGLISH)
    assert japanese.failed == english.failed == []
    assert japanese.pictures == english.pictures
    assert sum(map(len, english.pictures.values())) >= 3
    for cell, printed in japanese.printed.items():
        assert numbers(printed) == numbers(english.printed[cell]), cell
        assert not JAPANESE.findall(english.printed[cell]), cell


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_unwritten_cell_is_told_in_english(server: ForkServer, name: str) -> None:
    printed = Run(server, name, folder=PROJECT / "release" / EDITIONS["en"].id).printed
    assert any("is not written yet" in text for text in printed.values())
    assert not JAPANESE.findall("".join(printed.values()))


@pytest.mark.parametrize("answer", BANK[::80], ids=lambda a: f"{a.folder}/{a.name}")
def test_an_answer_has_the_same_verdicts_and_name_in_both_editions(answer: BankAnswer) -> None:
    """Of all answers: `python -m tests.quality.editions`."""
    assert difference(answer) == ""


def test_the_sample_class_writes_and_has_run_the_same_in_its_language() -> None:
    japanese, english = sample_class(ASSIGNMENT), sample_class(EDITIONS["en"])
    assert english.keys() == japanese.keys()
    for name, student in english.items():
        assert student.answers == japanese[name].answers
        assert student.outputs.keys() == japanese[name].outputs.keys()
        assert bool(student.observation) == bool(japanese[name].observation)
        assert not JAPANESE.findall(f"{student.observation} {student.texts.values()}")
        for cell, outputs in student.outputs.items():
            for ours, theirs in zip(outputs, japanese[name].outputs[cell], strict=True):
                assert ours.get("data") == theirs.get("data")
                assert numbers(ours.get("text", "")) == numbers(theirs.get("text", ""))
                assert not JAPANESE.findall(json.dumps(ours, ensure_ascii=False))


def test_an_edition_is_found_by_its_id() -> None:
    edition = find("loss_functions_en")
    assert edition
    assert (edition.id, edition.language, edition.original) == ("loss_functions_en", "en", "loss_functions")
    assert edition.checks_for("softmax_checks") == ASSIGNMENT.checks_for("softmax_checks")
    assert edition.catalogue_for("softmax_checks") is ASSIGNMENT.catalogue_for("softmax_checks")
    assert edition.editions() == []
    for unknown in ("loss_functions_xx", "loss_functions_en_en", "loss_functions_", "_en", "loss"):
        assert find(unknown) is None
