# Deleted files, kept open.
# holds: an OSError, or the end of the process
# control: with room → held
block = os.urandom(1 << 20)

kept = []
for number in range(10):
    file = open(f"file{number}", "wb")
    os.unlink(f"file{number}")
    for _ in range(20):
        file.write(block)
    file.flush()
    kept.append(file)
held(200)
