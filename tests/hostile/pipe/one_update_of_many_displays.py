# One update for 9,000 displays: a large HTML page, of which sanitising leaves nothing.
# holds: within the time for one notebook
# control: it took place → crashed wrong

display = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}
update = {"display_id": "a", "data": {"text/html": "<i>" * 6_000 + " " * 280_000}, "metadata": {}}
shown(json.dumps({"outputs": [display] * 9000, "updates": [update], "displays": dict.fromkeys(range(9000), "a")}).encode())
