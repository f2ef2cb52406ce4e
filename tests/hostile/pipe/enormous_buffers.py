# Announces buffers of 10 TB.
# holds: no points, and nothing is allocated or run for it
# control: it took place → crashed

h = b'{"body": null, "buffers": [10000000000000]}'
tell(struct.pack('<I', len(h)) + h)
