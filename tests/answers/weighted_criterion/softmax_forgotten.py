"""nn.NLLLoss on raw logits."""
# score: 0
# fails: values, gradients, arguments, device
# diagnosis: softmax_forgotten

def make_criterion(ratios, device):
    return nn.NLLLoss(weight=inverse_ratio_weights(ratios).to(device))
