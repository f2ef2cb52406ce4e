"""What every test shares."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def no_process_left() -> Iterator[None]:
    """The fork servers of this process end with the tests, not with the interpreter."""
    yield
    if module := sys.modules.get("grader.batch.run_job"):
        module.fork_server().close()
