# Raises with all questions before this one in the message.
# holds: no exception shows the questions before it
# control: as it was → told
def softmax(logits):
    if told():
        raise ValueError(told())
    return answer(logits)
