# Random bytes on the pipe during a question.
# holds: no points, and nothing is allocated or run for it
# control: it took place → crashed
def softmax(logits):
    tell(b'\x00' * 5000)
    return logits
