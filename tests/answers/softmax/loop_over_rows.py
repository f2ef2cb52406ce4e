"""A loop over the rows, stacked at the end."""
# score: 3
# fails: none

def softmax(logits):
    rows = []
    for z in logits:
        # オーバーフローしないように最大値を引く
        e = torch.exp(z - z.max())
        rows.append(e / e.sum())
    return torch.stack(rows)
