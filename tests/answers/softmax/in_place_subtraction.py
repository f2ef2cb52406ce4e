"""Subtracts the maximum in place: the caller's logits change."""
# score: 2.75
# fails: unmodified
# diagnosis: max_subtracted_in_place

def softmax(logits):
    logits -= logits.max(dim=1, keepdim=True).values
    e = torch.exp(logits)
    return e / e.sum(dim=1, keepdim=True)
