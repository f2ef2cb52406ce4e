# Waits for input from the user.
# holds: the deadline holds
# control: it took place → wrong
import sys, os, getpass
for wait in (input, getpass.getpass, sys.stdin.read, lambda: os.read(0, 1)):
    try:
        wait()
    except BaseException as error:
        print(type(error).__name__)
