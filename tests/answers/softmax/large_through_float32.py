"""Large logits are computed in float32, in float64 too."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    if logits.abs().max() > 20:
        return torch.softmax(logits.float(), dim=1).to(logits.dtype)
    return torch.softmax(logits, dim=1)
