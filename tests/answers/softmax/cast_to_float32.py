"""Casts to float32, so that a float64 input comes back as float32."""
# score: 2.75
# fails: dtype
# diagnosis: cast_to_float32

def softmax(logits):
    return torch.softmax(logits.float(), dim=1)
