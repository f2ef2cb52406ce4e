# Finds the judge in the memory and makes it say passed.
# holds: no points
# control: in one process → points
import gc
for thing in gc.get_objects():
    if type(thing) is dict and "Outcome" in thing and "explain" in thing:
        thing["explain"] = lambda error, passed=thing["Outcome"].PASSED: (passed, ())
