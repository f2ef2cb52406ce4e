"""Gathers the columns by an index in 8 bits: wrong for more than 256 classes."""
# score: 1.75
# fails: values
# diagnosis: none

def softmax(logits):
    columns = torch.arange(logits.shape[1]).to(torch.uint8).long().to(logits.device)
    return torch.softmax(logits, dim=1)[:, columns]
