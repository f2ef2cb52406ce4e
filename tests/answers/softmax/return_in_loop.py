"""The return stands inside the loop, so only the first row is handled."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: return_in_loop

def softmax(logits):
    rows = []
    for z in logits:
        e = torch.exp(z - z.max())
        rows.append(e / e.sum())
        return torch.stack(rows)
