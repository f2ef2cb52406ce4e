# A thousand empty files.
# holds: an OSError, or the end of the process
# control: with room → held
for number in range(1000):
    open(f"file{number}", "w").close()
held("1000 files")
