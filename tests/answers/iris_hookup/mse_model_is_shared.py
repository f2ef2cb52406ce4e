"""The given model under "MSELoss" is built only once."""
# score: 3.5
# fails: fresh_model
# diagnosis: none

_mse_model = nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))


def make_model(loss_name):
    return _mse_model if loss_name == "MSELoss" else nn.Linear(2, 3)


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
