# Kills itself.
# holds: no points; the next one is graded
# control: it took place → crashed
import os, signal; os.kill(os.getpid(), signal.SIGKILL)
