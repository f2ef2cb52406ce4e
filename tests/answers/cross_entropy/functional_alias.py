"""Binds the name to torch's own function."""
# score: 4
# fails: none

cross_entropy = F.cross_entropy
