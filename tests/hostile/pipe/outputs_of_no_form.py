# Outputs that the notebook format does not allow: JSON under text/plain, unknown output types.
# holds: the notebook stays valid
# control: it took place → crashed wrong known

shown(json.dumps({"outputs": [{"output_type": "display_data", "data": {"text/plain": {"a": 1}}, "metadata": {}},
                              {"output_type": "score", "points": 3.0}], "updates": [], "displays": {}}).encode())
