# Waits in a finaliser.
# holds: the deadline holds
# control: it took place → wrong too_slow crashed undecided
import time
class Slow:
    def __del__(self):
        time.sleep(1000)
kept = Slow()
del kept
