# Mounts a file system over its own folder.
# holds: refused
# control: as root without everything → allowed
attempt("tmpfs", lambda: checked(libc.mount(b"none", os.getcwd().encode(), b"tmpfs", 0, None)))
attempt("umount", lambda: checked(libc.umount2(os.getcwd().encode(), 2)))
attempt("chroot", os.chroot, ".")
