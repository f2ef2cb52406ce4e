"""Normalises the weights with softmax."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: softmax_of_inverse

def make_criterion(ratios, device):
    w = torch.softmax(inverse_ratio_weights(ratios), dim=0)
    return nn.CrossEntropyLoss(weight=w.to(device))
