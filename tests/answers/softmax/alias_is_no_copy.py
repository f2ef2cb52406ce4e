"""Believes that z = logits makes a copy."""
# score: 2.75
# fails: unmodified
# diagnosis: max_subtracted_in_place

def softmax(logits):
    z = logits
    z.sub_(torch.max(z, dim=1, keepdim=True)[0])
    return torch.exp(z) / torch.sum(torch.exp(z), dim=1, keepdim=True)
