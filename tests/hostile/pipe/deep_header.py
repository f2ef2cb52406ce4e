# A header nested 900,000 deep.
# holds: no points, and nothing is allocated or run for it
# control: it took place → crashed
h = b'[' * 900000; tell(struct.pack('<I', len(h)) + h)
