# Every process forks, as fast as it can.
# holds: it has no more processes than its bound, and all end
# control: it took place → crashed raised too_slow undecided
print("READY", flush=True)
while True:
    try:
        os.fork()
    except OSError:
        pass
