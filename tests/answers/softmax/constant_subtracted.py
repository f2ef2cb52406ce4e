"""Subtracts the constant 20 instead of the row's maximum."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    # 大きすぎる値にならないように
    e = torch.exp(logits - 20)
    return e / e.sum(dim=1, keepdim=True)
