# A negative execution count, which the notebook format forbids.
# holds: the notebook stays valid
# control: it took place → crashed wrong

body = dictionary(shown={"k": "bytes", "buffer": 0}, ok=True, count=-5)
tell(frame(body, [b'{"outputs": [], "updates": [], "displays": {}}']))
