"""Picks the columns by an index in bfloat16, exact up to 256."""
# score: 1.75
# fails: values, device
# diagnosis: none

def softmax(logits):
    columns = torch.arange(logits.shape[1]).to(torch.bfloat16).long().clamp(max=logits.shape[1] - 1)
    return torch.softmax(logits, dim=1)[:, columns]
