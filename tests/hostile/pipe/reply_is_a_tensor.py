# Where a cell's outputs should come, a tensor comes: it has its own kinds of error where it is asked for a key.
# holds: the student's own failure, not the grader's
# control: it took place → crashed wrong

tell(frame({"k": "tensor", "dtype": "float32", "shape": [2], "buffer": 0}, [b"\0" * 8]))
