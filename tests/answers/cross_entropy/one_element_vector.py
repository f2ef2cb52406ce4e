"""Accumulates in torch.zeros(1): the result has shape (1,) and is no scalar."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: one_element_vector

def cross_entropy(logits, targets):
    loss = torch.zeros(1, dtype=logits.dtype, device=logits.device)
    log_p = F.log_softmax(logits, dim=1)
    for i in range(len(targets)):
        loss = loss - log_p[i, targets[i]]
    return loss / len(targets)
