# Sends a str of one digit instead of the dictionary from output index to display id.
# holds: the student's own failure, not the grader's
# control: it took place → crashed wrong

display = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}
shown(json.dumps({"outputs": [display], "updates": [], "displays": "0"}).encode())
