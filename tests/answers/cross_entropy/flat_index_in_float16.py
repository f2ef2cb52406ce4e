"""Picks by a flat index in float16, which is not exact above 2048."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    N, C = logits.shape
    index = (torch.arange(N, device=logits.device) * C + targets).half().long().clamp(max=N * C - 1)
    return -F.log_softmax(logits, dim=1).reshape(-1)[index].mean()
