"""The formula as written: overflows to nan from about 89 on."""
# score: 2.25
# fails: large_logits
# diagnosis: no_max_subtraction

def softmax(logits):
    e = torch.exp(logits)
    return e / e.sum(dim=1, keepdim=True)
