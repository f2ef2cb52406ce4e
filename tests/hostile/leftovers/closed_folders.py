# Folders without permissions, with files in them.
# holds: nothing of it is left two seconds after the notebook
# control: it took place → READY
for name, mode in (("a", 0o300), ("b", 0o000), ("c", 0o500)):
    os.makedirs(f"{name}/deeper/deepest", exist_ok=True)
    open(f"{name}/deeper/file", "w").close()
    os.chmod(f"{name}/deeper", mode)
    os.chmod(name, mode)
os.mkdir("d", 0o300)
open("d/file", "w").close()
print("READY")
