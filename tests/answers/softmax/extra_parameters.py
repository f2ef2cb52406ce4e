"""Type hints, a docstring and further parameters with defaults."""
# score: 3
# fails: none

def softmax(logits: torch.Tensor, dim: int = 1, temperature: float = 1.0) -> torch.Tensor:
    """ロジットを確率に変える。

    logits: (N, C)
    return: (N, C)、各行の和は 1
    """
    assert logits.ndim == 2
    z = logits / temperature
    z = z - torch.max(z, dim=dim, keepdim=True).values
    return torch.exp(z) / torch.sum(torch.exp(z), dim=dim, keepdim=True)
