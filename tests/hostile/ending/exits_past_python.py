# Exits with os._exit.
# holds: no points; the next one is graded
# control: it took place → crashed
import os; os._exit(0)
