"""Mistakes in `mean_squared_error(predictions, targets) -> Tensor[]`."""

import torch
import torch.nn.functional as F

from grader.checking.misconceptions import misconception

RIGHT = {"mean_squared_error": F.mse_loss}


@misconception("mean_squared_error", "The squares are added up, but not divided by N.", read="5feceb66")
def sum_of_squares(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The loss of a batch is the sum of the losses of its samples."""
    return ((predictions - targets) ** 2).sum()


@misconception("mean_squared_error", "The differences are not squared.", read="5feceb66")
def mean_of_distances(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The error is the distance."""
    return (predictions - targets).abs().mean()
