# Exceptions whose names and messages contain line breaks, separators, markup and lone surrogates.
# holds: the student's own failure, not the grader's
# control: it took place → raised not_implemented

import sys
S = sys.modules["grader.sandbox.runtime.serve"]
odd = ["\n", "\u2028", "", "\ud800", "<script>alert(1)</script>", "{{ 7*7 }}", "{% raw %}", "\x00\x1b[31m", "two different devices", "\n two different devices", "DeviceMismatch", "\u202e"]
class Reply:
    def __init__(self, fields): self.fields = fields
    def to_wire(self): return self.fields
def evaluate(names, question):
    odd.append(odd.pop(0))
    return Reply({"raised": {"name": "DeviceMismatch" + odd[0], "message": odd[0], "line": odd[1]}})
S.evaluate = evaluate
