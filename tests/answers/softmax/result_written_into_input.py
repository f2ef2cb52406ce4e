"""Copies the result into the input and returns that."""
# score: 2.75
# fails: unmodified
# diagnosis: result_written_into_input

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    logits.copy_(p)
    return p
