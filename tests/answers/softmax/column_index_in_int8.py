"""Gathers the columns by an index in 8 bits with a sign: negative for more than 128 classes."""
# score: 1.75
# fails: values
# diagnosis: none

def softmax(logits):
    columns = torch.arange(logits.shape[1]).to(torch.int8).long().to(logits.device)
    return torch.softmax(logits, dim=1)[:, columns]
