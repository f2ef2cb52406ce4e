"""Replaces the nan that an overflow leaves by 0."""
# score: 2.25
# fails: large_logits
# diagnosis: nan_replaced_by_zero

def softmax(logits):
    e = torch.exp(logits)
    return torch.nan_to_num(e / e.sum(dim=1, keepdim=True), nan=0.0)
