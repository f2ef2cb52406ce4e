# Where the shell says which output has which id stands a text of one digit.
# holds: the student's own failure, not the grader's
# control: it took place → crashed wrong

display = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}
shown(json.dumps({"outputs": [display], "updates": [], "displays": "0"}).encode())
