# Starts sixty threads.
# holds: it has no more processes than its bound
# control: with room → held
import threading
count = 0
try:
    for _ in range(60):
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        count += 1
except RuntimeError as error:
    print(error)
if count >= 60:
    held(f"{count} threads")
