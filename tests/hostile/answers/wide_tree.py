# A million small lists.
# holds: no points
# control: it took place → gone raised slow
def softmax(logits): return [[] for _ in range(1_000_000)]
