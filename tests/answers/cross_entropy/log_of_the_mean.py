"""Takes the logarithm of the mean probability instead of the mean logarithm."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: log_of_mean_probability

def cross_entropy(logits, targets):
    p = torch.softmax(logits, dim=1).gather(1, targets[:, None])
    return -torch.log(p.mean())
