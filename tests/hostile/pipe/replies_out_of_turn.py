# Sends each right reply before its question, so that every reply belongs to another question.
# holds: no points
# control: it took place → crashed wrong raised
import torch, torch.nn.functional as F
from grader import wire
real, kept = wire.send, []
def send(channel, reply, *rest):
    kept.append(reply)
    real(channel, kept[-2] if len(kept) > 1 else {"value": True, "inputs": [], "parameters": []}, *rest)
wire.send = send
def softmax(logits): return F.softmax(logits, dim=1)
