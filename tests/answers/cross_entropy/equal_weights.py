"""Passes equal class weights, which cancel."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    w = torch.ones(logits.shape[1], dtype=logits.dtype, device=logits.device)
    return F.cross_entropy(logits, targets, weight=w)
