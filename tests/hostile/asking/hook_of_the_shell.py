# A hook of the shell prints after each cell.
# holds: no cell shows what was asked
# control: as it was → told
get_ipython().events.register('post_run_cell', lambda result: print(told(), flush=True))
def softmax(logits): return answer(logits)
# %% after the checks
1
