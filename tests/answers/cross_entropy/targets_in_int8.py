"""Keeps the class numbers in 8 bits with a sign: negative for classes above 127."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits, dim=1)
    return -log_p[torch.arange(len(targets), device=logits.device), targets.to(torch.int8).long()].mean()
