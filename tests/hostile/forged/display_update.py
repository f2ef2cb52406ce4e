# Updates a display of another cell.
# holds: no points
# control: it took place → wrong
from IPython.display import display, update_display
display("x", display_id="mine")
for name in ("softmax_checks", "mine", "last"):
    update_display({"text/plain": "3.0"}, display_id=name, raw=True)
