"""The entropy of the prediction: the targets are not used."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: entropy_of_prediction

def cross_entropy(logits, targets):
    p = F.softmax(logits, dim=1)
    return -(p * torch.log(p)).sum(dim=1).mean()
