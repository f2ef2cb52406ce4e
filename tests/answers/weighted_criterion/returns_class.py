"""Returns the class nn.CrossEntropyLoss itself."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: class_instead_of_instance

def make_criterion(ratios, device):
    weights = inverse_ratio_weights(ratios).to(device)
    return nn.CrossEntropyLoss
