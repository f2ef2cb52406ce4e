"""Divides the exponentials by their L1 norm with F.normalize."""
# score: 3
# fails: none

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True)[0])
    return F.normalize(e, p=1, dim=1)
