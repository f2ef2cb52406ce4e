# Updates a display of an earlier cell.
# holds: no cell shows what was asked
# control: as it was → told
from IPython.display import display
shown = display('x', display_id='mine')
def softmax(logits): return answer(logits)
# %% after the checks
from IPython.display import update_display
update_display({'text/plain': told()}, display_id='mine', raw=True)
