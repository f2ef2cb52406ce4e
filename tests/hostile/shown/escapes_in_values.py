# A value whose text is full of colours, displayed many times.
# holds: few colour changes are left on the page
# control: without cleaning → heavy
from IPython.display import display
for _ in range(30): print("\x1b[38;5;208mx\x1b[48;2;1;2;3my" * 150)
