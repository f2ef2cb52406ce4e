# Forks sixty times.
# holds: it has no more processes than its bound
# control: with room → held
count = 0
try:
    for _ in range(60):
        if os.fork() == 0:
            time.sleep(1000)
        count += 1
except OSError as error:
    print(error)
if count >= 60:
    held(f"{count} processes")
