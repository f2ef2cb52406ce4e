# Each process starts the next one and exits, so that none lives long.
# holds: nothing of it is left two seconds after the notebook
# control: it took place → READY
ours, theirs = os.pipe()
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        os.write(theirs, b"x")
        while True:
            try:
                if os.fork():
                    os._exit(0)
            except OSError:
                pass
            time.sleep(0.005)
for _ in range(5):
    os.read(ours, 1)
print("READY", flush=True)
time.sleep(1)
