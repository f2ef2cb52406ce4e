# The stub, rewritten.
# holds: not implemented, not right
# control: it took place → not_implemented
def softmax(logits): raise NotImplementedError('ここに書く')
