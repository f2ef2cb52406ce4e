"""Fills a matrix of zeros that always lives on the CPU, row by row."""
# score: 2.75
# fails: device
# diagnosis: result_on_cpu

def softmax(logits):
    p = torch.zeros(logits.shape, dtype=logits.dtype)
    for i in range(len(logits)):
        e = torch.exp(logits[i] - logits[i].max())
        p[i] = e / e.sum()
    return p
