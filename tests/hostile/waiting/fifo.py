# Waits at a pipe that nobody opens.
# holds: the deadline holds
# control: it took place → raised
import os
os.mkfifo("fifo")
open("fifo").read()
