"""Everything was deleted, only a comment is left."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

# あとでやる
