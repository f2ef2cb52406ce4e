# Renames and removes files.
# holds: nothing outside its folder changes
# control: without everything → changed
import glob
files = [path for path in glob.glob(W["root"] + "/*/**", recursive=True) if os.path.isfile(path)]
files += [W["root"] + "/open/anyone.txt", W["root"] + "/course/gradebook.db", W["root"] + "/home/notes.txt"]

for path in files:
    attempt(path, lambda: os.rename(path, path + ".old"))
    attempt(path, lambda: os.unlink(path))
