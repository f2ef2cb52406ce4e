# Searches objects that the fork server left in memory: its configuration, requests of other students, descriptors.
# holds: no secret of the course
# control: it took place → wrong
import gc
for thing in gc.get_objects(generation=None) + sys.modules["gc"].get_objects():
    try:
        ours = type(thing).__module__.startswith("grader.")
        text = repr(thing)[:100_000] if ours or isinstance(thing, (dict, list, tuple, str, bytes)) else ""
    except Exception:
        continue
    for word in ("INSTRUCTORS_TOKEN", "other-", "course-", "assert_close"):
        if word in text:
            print(text[max(0, text.index(word) - 50):][:300])
for pid in [W["pids"]["grader"], W["pids"]["neighbour"], W["pids"]["server"]]:
    try: print(open(f"/proc/{pid}/environ").read())
    except OSError as error: print(error)
