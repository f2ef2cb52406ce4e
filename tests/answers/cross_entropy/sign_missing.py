"""Forgets the minus sign."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: sign_missing

def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits, dim=1)
    return log_p.gather(1, targets[:, None]).mean()
