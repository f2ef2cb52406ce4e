"""A short, deterministic part of the fuzzing; `python -m tests.fuzz` runs more."""

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
from tests.helpers.rendered_pages import Page, active_content, rendered_pages

FUZZ_NOTEBOOKS = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck), derandomize=True)


@FUZZ_NOTEBOOKS
@given(st.randoms(use_true_random=False))
def test_mutated_notebooks_get_no_full_marks_and_a_valid_result(rng: random.Random) -> None:
    name, submitted = notebooks.mutated(rng)
    notebooks.check(name, submitted, rng)


@pytest.mark.parametrize("seed", range(3))
def test_mutated_notebooks_give_inert_pages(seed: int) -> None:
    name, submitted = notebooks.mutated(random.Random(seed))
    result = notebooks.check(name, submitted, random.Random(seed))
    untouched = notebooks.check(name, notebooks.RELEASES[name], random.Random(seed))
    for page, page_before in zip(rendered_pages(result.notebook), rendered_pages(untouched.notebook), strict=True):
        assert not active_content(Page(page), Page(page_before))


def test_rebuilding_is_deterministic() -> None:
    for seed in range(40):
        name, submitted = notebooks.mutated(random.Random(seed))
        assert rebuild(submitted, notebooks.RELEASES[name]) == rebuild(submitted, notebooks.RELEASES[name])


def test_the_fuzzer_detects_full_marks() -> None:
    notebooks.assert_no_full_marks({"softmax_checks": 2.25, "cross_entropy_checks": None})
    for score in (3.0, 3.5, -1.0, float("nan")):
        with pytest.raises(AssertionError, match="full marks"):
            notebooks.assert_no_full_marks({"softmax_checks": score})


@settings(deadline=None, max_examples=1000, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.randoms(use_true_random=False), st.sampled_from(seeds()))
def test_mutated_frames_decode_or_raise_wire_error(rng: random.Random, seed: bytes) -> None:
    size = int.from_bytes(seed[:4], "little")
    frame = frame_of(mutated(b"h" + seed[4 : 4 + size] + b"\0" + seed[4 + size :], rng))
    with contextlib.suppress(wire.WireError):
        wire.decode(frame)


@given(st.binary(max_size=300))
def test_random_bytes_raise_wire_error(frame: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(frame)


def test_a_buffer_may_be_referenced_only_once() -> None:
    """Otherwise a frame of 60 MB that references its one buffer a thousand times would take 60 GB."""
    tensor = b'{"k": "tensor", "dtype": "uint8", "shape": [8], "device": "cpu", "buffer": 0}'
    for kind in (tensor, b'{"k": "bytes", "buffer": 0}'):
        header = b'{"body": [%s, %s], "buffers": [8]}' % (kind, kind)
        with pytest.raises(wire.WireError, match="referenced twice"):
            wire.decode(len(header).to_bytes(4, "little") + header + b"x" * 8)
