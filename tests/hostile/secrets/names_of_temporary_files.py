# Lists other users' files in the temporary folders.
# holds: nothing of it is read
# control: without landlock namespaces → allowed
for place in ("/tmp", "/var/tmp", "/", W["root"] + "/tmp", W["root"] + "/course/submitted", "/home"):
    attempt(place, os.listdir, place)
