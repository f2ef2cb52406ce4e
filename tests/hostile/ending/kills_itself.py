# Kills itself.
# holds: no points; the next one is graded
# control: it took place → gone
import os, signal; os.kill(os.getpid(), signal.SIGKILL)
