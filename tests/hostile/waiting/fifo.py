# Opens a named pipe that has no writer.
# holds: the deadline holds
# control: it took place → raised undecided
import os
os.mkfifo("fifo")
open("fifo").read()
