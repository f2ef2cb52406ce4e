# A cell with an infinite loop that catches every exception.
# holds: the deadline holds
# control: it took place → crashed undecided
import time
while True:
    try:
        while True: time.sleep(0.01)
    except BaseException:
        pass
