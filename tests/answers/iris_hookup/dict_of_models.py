"""A dictionary of two models that were built once."""
# score: 3.5
# fails: fresh_model
# diagnosis: same_model_at_every_call

all_models = {
    "MSELoss": nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1)),
    "CrossEntropyLoss": nn.Sequential(nn.Linear(2, 3)),
}


def make_model(loss_name):
    return all_models[loss_name]


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    return F.cross_entropy(outputs, targets)


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    if loss_name == "MSELoss":
        return model(X)
    return F.softmax(model(X), dim=1)
