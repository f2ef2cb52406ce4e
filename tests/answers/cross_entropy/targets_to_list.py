"""Indexes with the targets turned into a list."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    lp = torch.log_softmax(logits, dim=-1)
    return -lp[range(len(lp)), targets.tolist()].mean()
