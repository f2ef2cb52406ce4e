"""The sigmoid of the lead over the logsumexp of the other classes."""
# score: 3
# fails: none

def softmax(logits):
    columns = []
    for k in range(logits.shape[1]):
        others = torch.cat([logits[:, :k], logits[:, k + 1:]], dim=1)
        columns.append(torch.sigmoid(logits[:, k] - others.logsumexp(dim=1)))
    return torch.stack(columns, dim=1)
