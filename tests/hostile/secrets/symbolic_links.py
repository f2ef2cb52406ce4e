# Reads through links in its own folder.
# holds: nothing of it is read
# control: without landlock namespaces → secret
paths = [W["root"] + "/home/.ssh/id_ed25519", W["root"] + "/course/gradebook.db", W["checks"],
         W["root"] + "/course/submitted/other/loss_functions/losses.ipynb"]

for number, path in enumerate(paths):
    os.symlink(path, f"link{number}")
    os.symlink(os.path.dirname(path), f"folder{number}")
    for way in (f"link{number}", f"folder{number}/{os.path.basename(path)}"):
        try:
            print(open(way).read())
        except OSError as error:
            print(error)
