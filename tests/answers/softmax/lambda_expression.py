"""A lambda instead of a def."""
# score: 3
# fails: none

softmax = lambda logits: torch.softmax(logits, dim=1)
