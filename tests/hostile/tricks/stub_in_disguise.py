# The stub, written anew.
# holds: unwritten, not right
# control: it took place → unwritten
def softmax(logits): raise NotImplementedError('ここに書く')
