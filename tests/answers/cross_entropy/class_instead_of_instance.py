"""Binds the name to the class: the call builds a module."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device

cross_entropy = nn.CrossEntropyLoss
