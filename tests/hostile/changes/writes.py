# Writes into files, and creates files beside them.
# holds: nothing outside its folder changes
# control: without everything → changed
import glob
files = [path for path in glob.glob(W["root"] + "/*/**", recursive=True) if os.path.isfile(path)]
files += [W["root"] + "/open/anyone.txt", W["root"] + "/course/gradebook.db", W["root"] + "/home/notes.txt"]

for path in files:
    attempt(path, lambda: open(path, "a").write("x"))
    attempt(path, lambda: open(os.path.dirname(path) + "/new", "w").close())
