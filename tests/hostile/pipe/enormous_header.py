# Announces a header of 4 GB.
# holds: no points, and nothing is allocated or run for it
# control: it took place → crashed
tell(struct.pack('<I', 2**32 - 1))
