"""A loop over the samples with a running sum."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    # 1サンプルずつ足していく
    loss = 0
    for z, t in zip(logits, targets):
        m = z.max()
        loss = loss + m + torch.log(torch.exp(z - m).sum()) - z[t]
    return loss / len(targets)
