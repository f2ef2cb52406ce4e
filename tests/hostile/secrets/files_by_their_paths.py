# Opens the gradebook, the hidden checks, another submission and the instructor's key.
# holds: nothing of it is read
# control: without landlock namespaces → secret
paths = [W["root"] + "/home/.ssh/id_ed25519", W["root"] + "/course/gradebook.db", W["checks"],
         W["root"] + "/course/submitted/other/loss_functions/losses.ipynb"]

for path in paths:
    try:
        print(open(path).read())
    except OSError as error:
        print(error)
