"""A callable class."""
# score: 4
# fails: none

class CrossEntropy:
    def __call__(self, logits, targets):
        z = logits - logits.amax(dim=1, keepdim=True)
        log_p = z - z.exp().sum(dim=1, keepdim=True).log()
        return -log_p[torch.arange(len(z), device=z.device), targets].mean()


cross_entropy = CrossEntropy()
