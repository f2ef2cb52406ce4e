"""Softmax in both models, and once more in predict_proba."""
# score: 3
# fails: predict_proba
# diagnosis: softmax_twice_in_prediction

def make_model(loss_name):
    return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    return F.nll_loss(torch.log(outputs), targets)


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    return torch.softmax(model(X), dim=1)
