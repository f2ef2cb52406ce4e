# Patches the wire encoder of its own process to send wrong dtype names.
# holds: no points
# control: it took place → wrong crashed raised
import sys, torch
wire = sys.modules["grader.wire"]
old = wire._encode
def encode(value, buffers, depth):
    found = old(value, buffers, depth)
    if isinstance(found, dict) and found.get("k") == "tensor":
        found["dtype"] = {"float32": "int32", "float64": "int64"}.get(found["dtype"], found["dtype"])
    return found
wire._encode = encode
def softmax(logits):
    return torch.zeros_like(logits)
