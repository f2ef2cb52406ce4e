# One large file.
# holds: an OSError, or the end of the process
# control: with room → held
block = os.urandom(1 << 20)

with open("large", "wb") as file:
    for _ in range(100):
        file.write(block)
held(100)
