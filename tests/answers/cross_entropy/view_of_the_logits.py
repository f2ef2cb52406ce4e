"""Flattens the logits with view(-1), which raises an error for a transposed tensor."""
# score: 2.25
# fails: values
# diagnosis: view_instead_of_reshape

def cross_entropy(logits, targets):
    N, C = logits.shape
    index = torch.arange(N, device=logits.device) * C + targets
    return (logits.logsumexp(dim=1) - logits.view(-1)[index]).mean()
