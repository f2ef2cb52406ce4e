# A cell without end, deaf to Ctrl-C.
# holds: the deadline holds
# control: it took place → crashed
import time
while True:
    try:
        while True: time.sleep(0.01)
    except BaseException:
        pass
