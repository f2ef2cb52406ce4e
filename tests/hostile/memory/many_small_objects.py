# Lists of lists, without end.
# holds: a MemoryError, or the end of the process
# control: with room → held
kept = []
while len(kept) < 60:
    kept.append(bytearray(8 << 20))
held(480)
