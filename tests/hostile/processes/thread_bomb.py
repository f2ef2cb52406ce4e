# Every thread starts threads, as fast as it can.
# holds: it has no more processes than its bound, and all end
# control: it took place → crashed raised too_slow undecided
import threading
def more():
    while True:
        try:
            threading.Thread(target=more, daemon=True).start()
        except BaseException:
            pass
more()
