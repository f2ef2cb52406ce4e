"""log(p + 0.01): the epsilon is visible."""
# score: 0
# fails: loss_value, loss_gradient, predict_proba, fresh_model, trained
# diagnosis: none

def make_model(loss_name):
    return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    p = outputs[torch.arange(len(targets)), targets]
    return -torch.log(p + 0.01).mean()


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    return model(X)
