# Becomes root through setuid programs.
# holds: nothing of it is read
# control: as root without everything → allowed
for command in ("su -c id", "sudo -n id", "pkexec id", "newgrp root", "mount", "unshare -r id", "passwd -S"):
    done = subprocess.run(command.split(), capture_output=True, text=True) if subprocess.run(["sh", "-c", f"command -v {command.split()[0]}"], capture_output=True).returncode == 0 else None
    print(command, done)
import shutil
for name in ("setuid", "setgid"):
    try:
        getattr(os, name)(0)
        allowed(f"{name} 0")
    except OSError as error:
        print(error)
if os.geteuid() == 0 and W["user"] == 0:
    allowed("root")
