# Sends a list instead of the dictionary from output index to display id.
# holds: the student's own failure, not the grader's
# control: it took place → crashed wrong

shown(json.dumps({"outputs": [], "updates": [], "displays": []}).encode())
