"""Every new weight is the memory of a template."""
# score: 3.5
# fails: fresh_model
# diagnosis: none

_template = nn.Linear(2, 3)


def make_model(loss_name):
    layer = nn.Linear(2, 3)
    layer.weight.data = _template.weight.data
    return nn.Sequential(layer, nn.Softmax(dim=1)) if loss_name == "MSELoss" else layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
