"""Fixtures that apply to all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.batch import runner
from grader.nbgrader_plugin.converter import LOCAL
from tests.helpers import shared_zygote
from tests.helpers.browser import CHROMIUM, WITHOUT


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run what could not be tested here."""
    if CHROMIUM is None:
        terminalreporter.write_line(f"not tested: {WITHOUT}", yellow=True)


@pytest.fixture(autouse=True, scope="session")
def close_local_runner() -> Iterator[None]:
    """Close the fork servers of this process after the tests, not only when the interpreter exits."""
    yield
    LOCAL.close()
    shared_zygote.ZYGOTE.close()


@pytest.fixture(autouse=True, scope="session")
def grade_small_classes_here() -> Iterator[None]:
    """Grade classes of up to 20 notebooks on the warm fork server of this process: workers would all have to import."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "MAX_WITHOUT_POOL", 20)
        yield
