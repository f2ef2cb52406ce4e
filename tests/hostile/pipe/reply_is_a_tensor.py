# Sends a tensor instead of a cell's outputs: indexing it with a key raises other exceptions than a dictionary does.
# holds: the student's own failure, not the grader's
# control: it took place → crashed wrong

tell(frame({"k": "tensor", "dtype": "float32", "shape": [2], "buffer": 0}, [b"\0" * 8]))
