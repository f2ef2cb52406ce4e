"""make_model hands out five layers in turn."""
# score: 3.5
# fails: fresh_model
# diagnosis: none

import itertools

_pool = itertools.cycle([nn.Linear(2, 3) for _ in range(5)])


def make_model(loss_name):
    layer = next(_pool)
    return nn.Sequential(layer, nn.Softmax(dim=1)) if loss_name == "MSELoss" else layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
