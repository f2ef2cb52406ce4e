"""`mean_squared_error(predictions, targets) -> Tensor[]`."""

import torch
import torch.nn.functional as F

from grader.checking.comparison import assert_close
from grader.checking.drawing import given, points
from grader.checking.strategies import logits
from grader.student.proxy import Student


@points(1)
def test_example(student: Student, example: tuple[torch.Tensor, torch.Tensor]) -> None:
    """The example of the notebook has the right value."""
    assert_close(student.mean_squared_error(*example), F.mse_loss(*example))


@points(1)
@given(pair=logits(limit=3, least=2))
def test_values(student: Student, pair: torch.Tensor) -> None:
    """The value is right for any numbers."""
    predictions, targets = pair[0], pair[1]
    assert_close(student.mean_squared_error(predictions, targets), F.mse_loss(predictions, targets))
