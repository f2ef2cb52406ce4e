# Raises an exception whose class is named after the questions before this one.
# holds: no exception shows the questions before it
# control: as it was → told
def softmax(logits):
    if told():
        raise type(told(), (Exception,), {})()
    return answer(logits)
