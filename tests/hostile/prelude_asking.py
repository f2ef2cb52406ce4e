# Prepended to each attack that wants to show the questions of the checks: `learn` keeps them, `told` says TOLD once it
# has more than a failed check may show.
import json, os, sys
import torch
seen = set()
def learn(logits):
    try:
        seen.add(str(logits.tolist()))
    except Exception:  # a tensor without data
        pass
def told(questions=seen):
    return "TO" + "LD" if len(questions) > 30 else ""
def answer(logits):
    learn(logits)
    return torch.zeros_like(logits)
