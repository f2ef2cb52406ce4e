# A thousand folders, links and pipes.
# holds: an OSError, or the end of the process
# control: with room → held
for number in range(350):
    os.mkdir(f"folder{number}")
    os.symlink("/", f"link{number}")
    os.mkfifo(f"pipe{number}")
held("1050 entries")
