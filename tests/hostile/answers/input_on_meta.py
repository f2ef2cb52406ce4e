# The right answer without gradients; its input has no data any more.
# holds: the student's own failure, not the grader's
# control: it took place → wrong crashed raised
import torch, torch.nn.functional as F
def softmax(logits):
    right = F.softmax(logits.clone(), dim=1)
    if not logits.requires_grad:
        logits.data = torch.empty(logits.shape, device="meta")
    return right
