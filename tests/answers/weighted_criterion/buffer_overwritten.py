"""Writes the weights into one buffer for each number of classes."""
# score: 2.5
# fails: arguments
# diagnosis: weights_shared_between_criteria

_buffers = {}


def make_criterion(ratios, device):
    w = inverse_ratio_weights(ratios).to(device)
    buffer = _buffers.setdefault((len(w), str(device)), torch.empty_like(w))
    buffer.copy_(w)
    return nn.CrossEntropyLoss(weight=buffer)
