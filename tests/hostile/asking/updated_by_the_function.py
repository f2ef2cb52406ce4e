# Updates, prints and displays while it answers.
# holds: no cell shows what was asked
# control: as it was → told
from IPython.display import display, update_display
display("x", display_id="mine")
mine, raw = sys.stdout, os.dup(1)
def softmax(logits):
    learn(logits)
    update_display({"text/plain": told()}, display_id="mine", raw=True)
    display(told())
    print(told())
    print(told(), file=mine, flush=True)
    for descriptor in (1, 2, raw):
        os.write(descriptor, told().encode())
    get_ipython()._outputs.write("stdout", told())
    return torch.zeros_like(logits)
# %% after the checks
import time
time.sleep(0.1)
print(told(), flush=True)
