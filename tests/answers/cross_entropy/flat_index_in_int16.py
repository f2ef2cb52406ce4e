"""Picks by a flat index in 16 bits: wrong for more than 32,768 logits."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    N, C = logits.shape
    index = (torch.arange(N, device=logits.device) * C + targets).to(torch.int16).long()
    return -F.log_softmax(logits, dim=1).reshape(-1)[index].mean()
