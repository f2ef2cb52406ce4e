# Noise on the pipe in an answer.
# holds: no points, and nothing is allocated or run for it
# control: it took place → crashed
def softmax(logits):
    tell(b'\x00' * 5000)
    return logits
