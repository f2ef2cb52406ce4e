"""Two nested loops over single elements, as one would write it in C."""
# score: 3
# fails: none

def softmax(logits):
    N, C = logits.shape
    out = []
    for i in range(N):
        m = logits[i].max()
        total = 0
        for k in range(C):
            total = total + torch.exp(logits[i][k] - m)
        row = []
        for j in range(C):
            row.append(torch.exp(logits[i][j] - m) / total)
        out.append(torch.stack(row))
    return torch.stack(out)
