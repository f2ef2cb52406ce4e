# Searches the whole file system.
# holds: nothing of it is read
# control: without landlock namespaces → secret
for top in (W["root"], os.path.dirname(W["checks"]), "/tmp", "..", "/home", "/root"):
    for folder, _, names in os.walk(top):
        for name in names[:50]:
            try:
                if folder.startswith((W["root"], os.path.dirname(W["checks"]))):
                    print(open(os.path.join(folder, name), errors="replace").read()[:5000])
            except OSError as error:
                print(error)
