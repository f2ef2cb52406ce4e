# Writes points to the file descriptors.
# holds: no points
# control: it took place → wrong
import os; os.write(1, b'3.0'); os.write(2, b'3.0')
