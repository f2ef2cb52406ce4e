# Prints when the interpreter exits, and after a fork in each of the two processes.
# holds: no cell shows what was asked
# control: as it was → told
import atexit
raw = os.dup(1)
def show(): os.write(raw, told().encode())
atexit.register(show)
os.register_at_fork(before=show, after_in_parent=show, after_in_child=show)
def softmax(logits): return answer(logits)
# %% after the checks
child = os.fork()
if not child: os._exit(0)
os.waitpid(child, 0)
