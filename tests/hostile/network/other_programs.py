# Connects through other programs and libraries.
# holds: nobody is reached
# control: without seccomp landlock namespaces → reached
import urllib.request
try:
    urllib.request.urlopen(f"http://127.0.0.1:{W['port']}", timeout=1)
except OSError as error:
    print(error)
print(subprocess.run(["bash", "-c", f"echo hello > /dev/tcp/127.0.0.1/{W['port']}"], capture_output=True, text=True))
