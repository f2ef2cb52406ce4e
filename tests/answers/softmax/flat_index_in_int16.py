"""Picks the elements by a flat index in 16 bits: wrong for more than 32,768 elements."""
# score: 1.75
# fails: values
# diagnosis: none

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    index = torch.arange(p.numel()).to(torch.int16).long().to(p.device)
    return p.reshape(-1)[index].reshape(p.shape)
