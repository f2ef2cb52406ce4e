# Five thousand displays.
# holds: no more is kept than its bound
# control: with room → held
from IPython.display import display
for _ in range(5_000): display("x" * 1_000)
