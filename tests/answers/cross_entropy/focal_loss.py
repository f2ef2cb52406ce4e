"""The focal loss found on the net: samples that are right count less."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: focal_loss

def cross_entropy(logits, targets):
    p = torch.softmax(logits, dim=1).gather(1, targets[:, None])
    return (-(1 - p) ** 2 * torch.log(p)).mean()
