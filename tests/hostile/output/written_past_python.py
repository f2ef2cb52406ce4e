# Writes a gigabyte to the file descriptors.
# holds: no more is kept than its bound
# control: with room → held
import os
block = b"x" * 65535 + b"\n"
for _ in range(16_000):
    try:
        os.write(1, block)
        os.write(2, block)
    except OSError as error:
        print(error)
        break
