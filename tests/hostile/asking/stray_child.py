# A child of an earlier cell collects what is asked over a pipe, and tells it to later cells and exceptions.
# holds: neither a cell nor an exception shows what was asked before
# control: as it was → told
import select
asked, collected = os.pipe()[::-1], os.pipe()
if not os.fork():
    known = 0
    while True:
        known += os.read(asked[1], 1) == b"?"
        if known > 60:
            os.write(collected[1], b"!")
def told_by_the_child():
    return "TO" + "LD" if select.select([collected[0]], [], [], 0)[0] else ""
def softmax(logits):
    os.write(asked[0], b"?")
    if told_by_the_child():
        raise ValueError(told_by_the_child())
    return torch.zeros_like(logits)
# %% after the checks
print(told_by_the_child())
