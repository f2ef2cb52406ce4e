# Makes hard links to the files in its own folder.
# holds: nothing of it is read
# control: without everything → secret
paths = [W["root"] + "/home/.ssh/id_ed25519", W["root"] + "/course/gradebook.db", W["checks"],
         W["root"] + "/course/submitted/other/loss_functions/losses.ipynb"]

for number, path in enumerate(paths):
    try:
        os.link(path, f"hard{number}")
        print(open(f"hard{number}").read())
    except OSError as error:
        print(error)
