# Takes all CPUs with spinning processes, each in a session of its own, so that others are too slow.
# holds: another student's process goes on, and the notebook ends
# control: it took place → wrong crashed raised too_slow undecided
for _ in range(30):
    if os.fork() == 0:
        os.setsid()
        while True: pass
print("READY", flush=True)
time.sleep(2)
