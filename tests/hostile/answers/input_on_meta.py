# The right answer without gradients; the input tensor is replaced by one without data.
# holds: the student's own failure, not the grader's
# control: it took place → wrong crashed raised
import torch, torch.nn.functional as F
def softmax(logits):
    right = F.softmax(logits.clone(), dim=1)
    if not logits.requires_grad:
        logits.data = torch.empty(logits.shape, device="meta")
    return right
