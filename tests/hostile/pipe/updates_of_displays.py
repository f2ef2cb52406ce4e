# 2,000 updates that apply to 2,000 displays each: four million replacements.
# holds: within the time for one notebook
# control: it took place → crashed wrong known

display = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}
update = {"display_id": "a", "data": {}, "metadata": {}}
shown(json.dumps({"outputs": [display] * 2000, "updates": [update] * 2000, "displays": dict.fromkeys(range(2000), "a")}).encode())
