# Reads files with IPython's magics.
# holds: nothing of it is read
# control: without landlock namespaces → secret
paths = [W["root"] + "/home/.ssh/id_ed25519", W["root"] + "/course/gradebook.db", W["checks"],
         W["root"] + "/course/submitted/other/loss_functions/losses.ipynb"]

shell = get_ipython()
for path in paths:
    for magic in ("pycat", "loadpy", "run -n", "pfile"):
        name, _, option = magic.partition(" ")
        shell.run_line_magic(name, f"{option} {path}".strip())
    shell.run_cell_magic("bash", "", f"cat {path}")
