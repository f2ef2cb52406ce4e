"""Returns a loss on the meta device, which has no data."""
# score: 0
# fails: training, rare_classes
# diagnosis: none

def make_criterion(ratios, device):
    return lambda logits, targets: torch.empty((), device="meta")
