# Finds the judge in memory and makes it report PASSED.
# holds: no points
# control: in one process → points
import gc
for thing in gc.get_objects():
    if type(thing) is dict and "Outcome" in thing and "explain" in thing:
        thing["explain"] = lambda *error, passed=thing["Outcome"].PASSED: (passed, ())
