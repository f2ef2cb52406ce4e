# A folder that is writable but not readable.
# holds: an OSError, or the end of the process
# control: with room → held
block = os.urandom(1 << 20)

os.mkdir("hidden", 0o300)
for number in range(10):
    with open(f"hidden/file{number}", "wb") as file:
        for _ in range(20):
            file.write(block)
held(200)
