# Updates one display again and again, each time with more content.
# holds: no more is kept than its bound
# control: with room → held
from IPython.display import display, update_display
display("x", display_id="one")
for size in range(0, 20_000_000, 500_000): update_display("x" * size, display_id="one")
