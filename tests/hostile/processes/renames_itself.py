# Process names with line breaks, brackets and digits, to confuse parsers of /proc/PID/stat.
# holds: no fault of the grader's, and its bound of processes
# control: with room → held
count = 0
try:
    for n in range(60):
        if os.fork() == 0:
            name = [b") Z 1 1 1\n", b"\n\n\n", b"1 (a) S", b"\xff\xfe)", b") ) ) )", b""][n % 6]
            libc.prctl(15, name)
            time.sleep(1000)
        count += 1
except OSError as error:
    print(error)
if count >= 60: held(f"{count} processes")
