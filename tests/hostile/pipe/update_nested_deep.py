# An update of a display, nested deeper than copy.deepcopy can handle and as deep as JSON can be parsed.
# holds: the student's own failure, not the grader's
# control: it took place → crashed wrong

display = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}
deep = '{"a":' * 900 + "1" + "}" * 900
shown(('{"outputs": [%s], "displays": {"0": "a"}, "updates": [{"display_id": "a", "data": {}, "metadata": %s}]}'
       % (json.dumps(display), deep)).encode())
