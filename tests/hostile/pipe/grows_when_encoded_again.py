# Right in a batch, wrong alone; the reply omits spaces in its header, so that it is too large when encoded again.
# holds: the student's own failure, not the grader's
# control: it took place → wrong

import sys, torch, torch.nn.functional as F
S, wire = sys.modules["grader.sandbox.runtime.serve"], sys.modules["grader.wire"]
inner, send, together = S.evaluate_batch, wire.send, [False]
def evaluate_batch(names, questions):
    together[0] = True
    try:
        return inner(names, questions)
    finally:
        together[0] = False
def grown(pipe, body, deadline=None):
    if "value" not in body:
        return send(pipe, body, deadline)
    data = wire.encode({**body, "more": 0})
    (size,) = struct.unpack("<I", data[:4])
    header = data[4 : 4 + size].replace(b'["more", 0]', b'["more", [' + b"0," * 400_000 + b"0]]")
    pipe.sendall(struct.pack("<I", len(header)) + header + data[4 + size :])
S.evaluate_batch, wire.send = evaluate_batch, grown
def softmax(logits):
    return F.softmax(logits, dim=1) if together[0] else torch.zeros_like(logits)
