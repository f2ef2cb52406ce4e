# Kills its process group.
# holds: no points; the next one is graded
# control: it took place → crashed
import os, signal; os.killpg(0, signal.SIGKILL)
