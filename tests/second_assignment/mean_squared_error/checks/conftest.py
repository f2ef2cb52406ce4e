"""One fixture: the example of the instructor's notebook."""

import pytest
import torch

from grader.checking.assignment import Material
from grader.checking.solution import definitions


def example_of(material: Material) -> tuple[torch.Tensor, torch.Tensor]:
    """(predictions, targets), each Tensor[N]. Raises KeyError where the notebook has no EXAMPLE."""
    assert material.source
    predictions, targets = definitions(material.source)["EXAMPLE"]
    return torch.tensor(predictions), torch.tensor(targets)


@pytest.fixture(scope="module")
def example(material: Material) -> tuple[torch.Tensor, torch.Tensor]:
    """Computed once for the whole class."""
    return material.once(example_of)
