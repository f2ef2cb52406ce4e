"""-log(softmax): the probability underflows to 0 and the loss is infinite."""
# score: 3
# fails: large_logits
# diagnosis: log_of_softmax

def cross_entropy(logits, targets):
    p = F.softmax(logits, dim=1)
    return -torch.log(p[torch.arange(len(targets)), targets]).mean()
