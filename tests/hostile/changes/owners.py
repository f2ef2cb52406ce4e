# Changes the owner of files.
# holds: nothing outside its folder changes
# control: as root without everything → changed
import glob
files = [path for path in glob.glob(W["root"] + "/*/**", recursive=True) if os.path.isfile(path)]
files += [W["root"] + "/open/anyone.txt", W["root"] + "/course/gradebook.db", W["root"] + "/home/notes.txt"]

for path in files:
    try:
        os.chown(path, 65534, 65534)
    except OSError as error:
        print(error)
