# Prints without end.
# holds: no more is kept than its bound
# control: with room → held
line = "x" * 999
for _ in range(1_000_000): print(line)
