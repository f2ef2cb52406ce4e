# A dictionary whose keys have one hash: Python needs quadratic time for it.
# holds: within the time for one notebook
# control: it took place → crashed too_slow wrong undecided

import itertools
def softmax(logits):
    pairs = [[{"k": "tuple", "v": list(key)}, None] for key in itertools.product((-1, -2), repeat=13)]
    tell(frame(dictionary(value={"k": "dict", "v": pairs}, inputs=[], parameters=[])))
    return logits
