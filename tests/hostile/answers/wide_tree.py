# A million small lists.
# holds: no points
# control: it took place → crashed raised too_slow undecided
def softmax(logits): return [[] for _ in range(1_000_000)]
