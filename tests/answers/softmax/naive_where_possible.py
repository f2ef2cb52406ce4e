"""Chooses between two results: the one not chosen still makes the gradient nan."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    e = torch.exp(logits)
    naive = e / e.sum(dim=1, keepdim=True)
    shifted = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    return torch.where(torch.isnan(naive), shifted / shifted.sum(dim=1, keepdim=True), naive)
