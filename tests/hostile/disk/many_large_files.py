# Many files, each below the limit for one file.
# holds: an OSError, or the end of the process
# control: with room → held
block = os.urandom(1 << 20)

for number in range(10):
    with open(f"file{number}", "wb") as file:
        for _ in range(20):
            file.write(block)
held(200)
