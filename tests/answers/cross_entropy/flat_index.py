"""Picks the right classes by a flat index into all log-probabilities."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    n, c = logits.shape
    flat = torch.arange(n, device=logits.device) * c + targets
    return -F.log_softmax(logits, dim=1).reshape(-1).index_select(0, flat).mean()
