# Answers with an object whose class is named after the questions before this one.
# holds: no wrong answer shows the questions before it
# control: as it was → told
def softmax(logits):
    learn(logits)
    return type(told() or "Answer", (), {})()
