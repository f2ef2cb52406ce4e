# Replies with additional entries, keys of other types, and a repeated key.
# holds: the student's own failure, not the grader's
# control: it took place → wrong crashed raised

import sys, torch
S = sys.modules["grader.sandbox.runtime.serve"]
old = S.evaluate
class Reply:
    def __init__(self, fields): self.fields = fields
    def to_wire(self): return self.fields
def evaluate(names, question):
    reply = old(names, question).to_wire()
    reply[("value",)] = reply[1.5] = reply[None] = reply[b"value"] = torch.ones(2)
    reply["passed"] = reply["points"] = True
    return Reply(reply)
S.evaluate = evaluate
