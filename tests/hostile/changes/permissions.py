# Changes permissions: opens files to all users, closes files to their owner.
# holds: nothing outside changes, though the calls say that they succeeded
# control: without everything → changed
import glob
files = [path for path in glob.glob(W["root"] + "/*/**", recursive=True) if os.path.isfile(path)]
files += [W["root"] + "/open/anyone.txt", W["root"] + "/course/gradebook.db", W["root"] + "/home/notes.txt"]

for path in files:
    try:
        os.chmod(path, 0)
        os.chmod(path, 0, dir_fd=os.open("/", os.O_PATH))
        with open(path) as file:
            os.fchmod(file.fileno(), 0)
    except OSError as error:
        print(error)
