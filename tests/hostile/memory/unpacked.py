# A small compressed text that expands to a large one.
# holds: a MemoryError, or the end of the process
# control: with room → held
import zlib
packer = zlib.compressobj(9)
packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(400)) + packer.flush()
held(len(zlib.decompress(packed)) >> 20)
