# Eight other programs with 60 MB each.
# holds: a MemoryError, or the end of the process
# control: with room → held
import shutil
python = shutil.which("python3") or sys.executable
program = "x = bytearray(b'x') * (60 << 20); print(flush=True); import time; time.sleep(1000)"
started = [subprocess.Popen([python, "-S", "-c", program], stdout=subprocess.PIPE) for _ in range(8)]
if all([process.stdout.readline() for process in started]):
    held(480, *[process.pid for process in started])
