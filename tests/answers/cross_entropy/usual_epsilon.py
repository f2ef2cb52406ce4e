"""log(p + 1e-8): no loss can exceed 18.4, and in float64 the epsilon shows."""
# score: 2.75
# fails: large_logits, dtype
# diagnosis: epsilon_1e_8_inside_log

def cross_entropy(logits, targets):
    p = F.softmax(logits, dim=1)
    return -torch.log(p.gather(1, targets[:, None]) + 1e-8).mean()
