"""Returns a loss for each sample."""
# score: 0
# fails: loss_value, loss_gradient, predict_proba, fresh_model, trained
# diagnosis: no_reduction

def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    return nn.Linear(2, 3)


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss(reduction="none")}


def predict_proba(model, loss_name, X):
    if loss_name == "MSELoss":
        return model(X)
    return F.softmax(model(X), dim=1)
