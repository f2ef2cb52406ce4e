"""Flattens with view(-1), which raises an error for a transposed tensor."""
# score: 1.75
# fails: values
# diagnosis: view_instead_of_reshape

def softmax(logits):
    N, C = logits.shape
    return torch.softmax(logits.view(-1).view(N, C), dim=1)
