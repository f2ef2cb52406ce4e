"""Clamps the probability at 0.001: the loss of a bad prediction is cut, and has no gradient."""
# score: 1
# fails: loss_value, loss_gradient, fresh_model, trained
# diagnosis: none

def make_model(loss_name):
    return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    p = outputs[torch.arange(len(targets)), targets]
    return -torch.log(p.clamp(min=1e-3)).mean()


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    return model(X)
