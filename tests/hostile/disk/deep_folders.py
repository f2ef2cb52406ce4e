# Nested folders, deeper than the maximum length of a path.
# holds: an OSError, or the end of the process
# control: with room → held
for _ in range(1000):
    os.mkdir("deeper" * 20)
    os.chdir("deeper" * 20)
held("1000 folders")
