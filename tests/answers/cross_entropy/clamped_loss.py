"""Cuts each sample's loss at 100, as nn.BCELoss does."""
# score: 3
# fails: large_logits
# diagnosis: loss_clamped_at_100

def cross_entropy(logits, targets):
    loss = F.cross_entropy(logits, targets, reduction="none")
    return loss.clamp(max=100).mean()
