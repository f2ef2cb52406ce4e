"""The fuzz, as much of it as fits into every run; `python -m tests.fuzz` does the rest."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader import wire
from grader.submission.rebuild import rebuild
from tests.fuzz import notebooks
from tests.fuzz.wire import frame_of, mutated, seeds
from tests.submission.test_clean_html import Page, active, pages

NOTEBOOK = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck), derandomize=True)


@NOTEBOOK
@given(st.randoms(use_true_random=False))
def test_no_notebook_gives_full_marks_without_right_answers_or_an_invalid_result(rng: random.Random) -> None:
    name, submitted = notebooks.mutated(rng)
    notebooks.check(name, submitted, rng)


@pytest.mark.parametrize("seed", range(3))
def test_no_notebook_is_active_where_it_is_shown(seed: int) -> None:
    name, submitted = notebooks.mutated(random.Random(seed))
    result = notebooks.check(name, submitted, random.Random(seed))
    untouched = notebooks.check(name, notebooks.RELEASES[name], random.Random(seed))
    for page, usual in zip(pages(result.notebook), pages(untouched.notebook), strict=True):
        assert not active(Page(page), Page(usual))


def test_the_same_file_gives_the_same_notebook() -> None:
    for seed in range(40):
        name, submitted = notebooks.mutated(random.Random(seed))
        assert rebuild(submitted, notebooks.RELEASES[name]) == rebuild(submitted, notebooks.RELEASES[name])


def test_full_marks_would_be_found() -> None:
    notebooks.assert_no_full_marks({"softmax_checks": 2.25, "cross_entropy_checks": None})
    for score in (3.0, 3.5, -1.0, float("nan")):
        with pytest.raises(AssertionError, match="full marks"):
            notebooks.assert_no_full_marks({"softmax_checks": score})


@settings(deadline=None, max_examples=1000, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.randoms(use_true_random=False), st.sampled_from(seeds()))
def test_no_frame_gives_anything_but_a_value_or_a_wire_error(rng: random.Random, seed: bytes) -> None:
    size = int.from_bytes(seed[:4], "little")
    frame = frame_of(mutated(b"h" + seed[4 : 4 + size] + b"\0" + seed[4 + size :], rng))
    with contextlib.suppress(wire.WireError):
        wire.decode(frame)


@given(st.binary(max_size=300))
def test_no_bytes_give_anything_but_a_wire_error(frame: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(frame)


def test_a_buffer_is_had_once() -> None:
    """Or a frame of 60 MB that names its one buffer a thousand times would take 60 GB."""
    tensor = b'{"k": "tensor", "dtype": "uint8", "shape": [8], "device": "cpu", "buffer": 0}'
    for kind in (tensor, b'{"k": "bytes", "buffer": 0}'):
        header = b'{"body": [%s, %s], "buffers": [8]}' % (kind, kind)
        with pytest.raises(wire.WireError, match="had before"):
            wire.decode(len(header).to_bytes(4, "little") + header + b"x" * 8)
