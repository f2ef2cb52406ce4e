"""The model ends in LogSoftmax, and predict_proba forgets the exponential."""
# score: 3
# fails: predict_proba
# diagnosis: log_probabilities_returned

def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    return nn.Sequential(nn.Linear(2, 3), nn.LogSoftmax(dim=1))


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    return F.nll_loss(outputs, targets)


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    return model(X)
