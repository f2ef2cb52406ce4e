"""`gradient(predictions, targets) -> Tensor[N]`: of the mean squared error, for the predictions."""

import torch

from grader.checking.comparison import assert_close
from grader.checking.drawing import given, points
from grader.checking.strategies import logits
from grader.student.proxy import Student


@points(2)
@given(pair=logits(limit=3, least=2))
def test_values(student: Student, pair: torch.Tensor) -> None:
    """The gradient is 2 (p − t) / N."""
    predictions, targets = pair[0], pair[1]
    assert_close(student.gradient(predictions, targets), 2 * (predictions - targets) / len(predictions))
