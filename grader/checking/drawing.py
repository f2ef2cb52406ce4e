"""How checks draw examples with hypothesis: the same ones for every student and in every process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

# 40 examples find every wrong answer of the bank in all seeds tried (`make quality`); 100 cost 2.5 times as much.
SETTINGS = settings(
    max_examples=40,
    derandomize=True,  # the seed is a digest of the check's source
    database=None,
    deadline=None,  # the channel has deadlines, and a slow grader is not the student's fault
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


def given(**strategies: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`hypothesis.given` under the settings of all checks."""

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        return SETTINGS(hypothesis.given(**strategies)(check))

    return decorate


def points(number: float, needs: str = "") -> pytest.MarkDecorator:
    """The points of a check, in the units of the checks cell.

    needs: another check of the same module, without `test_`, that must pass too. For checks that ask few questions,
    which an answer may pass by chance.
    """
    return pytest.mark.points(number, needs=needs)


@contextmanager
def same_examples_everywhere() -> Iterator[None]:
    """Keep hypothesis from drawing constants of imported modules while the context lasts.

    `derandomize` fixes the seed only. hypothesis also collects constants from every module outside site-packages, so an
    editable install, a plugin or another test in the process would change the examples.
    """
    collect, cache = providers._get_local_constants, providers.CONSTANTS_CACHE
    providers._get_local_constants = Constants
    providers.CONSTANTS_CACHE = LRUCache(1024)
    try:
        yield
    finally:
        providers._get_local_constants, providers.CONSTANTS_CACHE = collect, cache
