"""Binds the name to the class: the call builds a module."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: class_instead_of_instance

cross_entropy = nn.CrossEntropyLoss
