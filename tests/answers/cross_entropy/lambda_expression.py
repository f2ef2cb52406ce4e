"""A lambda over torch's own pieces."""
# score: 4
# fails: none

cross_entropy = lambda logits, targets: -logits.log_softmax(1).gather(1, targets[:, None]).mean()
