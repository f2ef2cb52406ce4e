"""The return stands inside the loop: the first sample's loss over N."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: return_in_loop

def cross_entropy(logits, targets):
    loss = 0
    log_p = F.log_softmax(logits, dim=1)
    for i in range(len(targets)):
        loss = loss - log_p[i, targets[i]]
        return loss / len(targets)
