# Replies with entries that nobody asked for, keys of other kinds, one key twice.
# holds: the student's own failure, not the grader's
# control: it took place → wrong gone raised

import sys, torch
S = sys.modules["grader.sandbox.runtime.serve"]
old = S.answer
def answer(names, question):
    reply = old(names, question)
    reply[("value",)] = reply[1.5] = reply[None] = reply[b"value"] = torch.ones(2)
    reply["passed"] = reply["points"] = True
    return reply
S.answer = answer
