# A thread changes the answer's data while it is being read.
# holds: no points
# control: it took place → wrong raised crashed too_slow undecided
import torch, threading
kept = []
def change():
    while True:
        for t in kept[-3:]:
            t.uniform_()
threading.Thread(target=change, daemon=True).start()
def softmax(logits):
    kept.append(torch.rand_like(logits))
    return kept[-1]
