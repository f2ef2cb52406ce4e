"""What one process knows of the checks serves the next one, and never changes a verdict."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.batch.cache import RecordingCache
from grader.checking.assignment import Material
from grader.grading.judge import judge
from grader.grading.recordings import Memory
from grader.grading.verdict import Outcome, Verdict
from tests.grading.test_replay import DOUBLE, HEAD, NUMBERS, Channel, right

CELL = "kept_checks"


class Process:
    """What a process of its own would have: a memory without recordings, and the folder of all processes."""

    def __init__(self, tmp_path: Path, body: str = DOUBLE) -> None:
        self.right = Channel(right)
        self.memory = Memory(RecordingCache(tmp_path / "recordings"))
        kept = next(tmp_path.glob("kept_*.py"), None)
        self.module = kept or tmp_path / f"kept_{next(NUMBERS)}.py"  # pytest caches modules by name
        if not kept:
            tmp_path.mkdir(exist_ok=True)
            self.module.write_text(HEAD + body)

    def judged(self, f: Callable[[torch.Tensor], Any]) -> Verdict:
        student = Channel(f)
        (verdict,) = judge({CELL: self.module}, lambda _: student, None, self.memory, right={CELL: self.right})[CELL]
        return verdict


def slightly_wrong(x: torch.Tensor) -> torch.Tensor:
    return 2 * x + (x > 500)


def test_the_next_process_asks_the_same_without_drawing_and_recording(tmp_path: Path) -> None:
    first = Process(tmp_path)
    assert first.judged(right).outcome is Outcome.PASSED
    assert first.right.single
    (drawn,) = first.memory.values()

    second = Process(tmp_path)
    assert second.judged(right).outcome is Outcome.PASSED
    assert not second.right.single
    (read,) = second.memory.values()
    assert (read.examples, read.questions) == (drawn.examples, drawn.questions)
    assert [question.encode() for question in read.asked] == drawn.questions


@pytest.mark.parametrize("f", [slightly_wrong, lambda x: 1 / 0, lambda x: None, lambda x: x])
def test_a_wrong_answer_has_the_same_verdict_in_the_next_process(tmp_path: Path, f: Any) -> None:
    expected = Process(tmp_path).judged(f)
    assert expected.outcome in (Outcome.WRONG, Outcome.RAISED)
    assert Process(tmp_path).judged(f) == expected


@pytest.mark.parametrize("content", [b"", b"\0" * 40, b"not a frame"])
def test_a_damaged_file_is_recorded_again(tmp_path: Path, content: bytes) -> None:
    Process(tmp_path).judged(right)
    (kept,) = (tmp_path / "recordings").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(content)
    second = Process(tmp_path)
    assert second.judged(right).outcome is Outcome.PASSED
    assert second.right.single
    assert kept.read_bytes() == whole


def test_questions_that_the_check_does_not_ask_cost_no_point(tmp_path: Path) -> None:
    """The recording of another check, as if its file lay under a wrong name."""
    other = Process(tmp_path / "other", DOUBLE.replace("[float(n)]", "[float(n) + 0.5]"))
    other.judged(right)
    Process(tmp_path).judged(right)
    (kept,), (wrong,) = (tmp_path / "recordings").iterdir(), (tmp_path / "other" / "recordings").iterdir()
    shutil.copy(wrong, kept)
    assert Process(tmp_path).judged(right).outcome is Outcome.PASSED
    assert Process(tmp_path).judged(slightly_wrong).outcome is Outcome.WRONG


def test_what_a_student_s_answers_have_recorded_is_not_kept(tmp_path: Path) -> None:
    process = Process(tmp_path)
    student = Channel(right)
    judge({CELL: process.module}, lambda _: student, None, process.memory)
    assert not (tmp_path / "recordings").exists()


TRANSPOSED = """
@points(1)
@given(n=st.integers(0, 1000).map(lambda n: torch.arange(6.0).reshape(2, 3).t() + n))
def test_double(student, n):
    assert_close(student.f(n), 2 * n)
"""


def test_examples_that_a_file_cannot_hold_exactly_are_drawn_again(tmp_path: Path) -> None:
    Process(tmp_path, TRANSPOSED).judged(right)
    second = Process(tmp_path)
    assert second.judged(right).outcome is Outcome.PASSED
    assert second.right.single


def test_which_checks_a_mistake_passes_is_computed_once_for_each_material(tmp_path: Path) -> None:
    module = Process(tmp_path).module
    calls = []

    def passes(mistakes: str, material: Material = Material()) -> tuple[bool, ...]:  # noqa: B008 - it is frozen
        def compute() -> tuple[bool, ...]:
            calls.append(mistakes)
            return True, mistakes == "b"

        return Memory(RecordingCache(tmp_path / "recordings")).passes(module, material, mistakes, compute)

    assert [passes("a"), passes("b"), passes("a")] == [(True, False), (True, True), (True, False)]
    assert calls == ["a", "b"]
    passes("a", Material(device="cuda"))
    passes("a", Material(source=b"notebook"))
    assert calls == ["a", "b", "a", "a"]


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    process = Process(tmp_path)
    process.memory = Memory()
    process.judged(right)
    assert process.memory.passes(process.module, Material(), "a", lambda: (True,)) == (True,)
    assert list(tmp_path.iterdir()) == [process.module]
