# Reads files through other programs.
# holds: nothing of it is read
# control: without landlock namespaces → secret
paths = [W["root"] + "/home/.ssh/id_ed25519", W["root"] + "/course/gradebook.db", W["checks"],
         W["root"] + "/course/submitted/other/loss_functions/losses.ipynb"]

for path in paths:
    for command in (["cat", path], ["dd", f"if={path}"], ["sh", "-c", f"cat < {path}"], ["grep", "-r", "", path]):
        print(subprocess.run(command, capture_output=True, text=True))
get_ipython().system(f"cat {paths[0]}")
