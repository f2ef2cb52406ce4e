"""Fixtures that apply to all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.nbgrader_plugin.converter import LOCAL


@pytest.fixture(autouse=True, scope="session")
def close_local_runner() -> Iterator[None]:
    """Close the fork servers of this process after the tests, not only when the interpreter exits."""
    yield
    LOCAL.close()
