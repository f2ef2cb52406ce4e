"""Reinitialises one shared layer at each call: earlier models change with it."""
# score: 2.75
# fails: fresh_model, trained
# diagnosis: none

_layer = nn.Linear(2, 3)


def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    _layer.reset_parameters()
    return _layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
