"""Every call makes a new nn.Sequential around the same linear layer."""
# score: 3.5
# fails: fresh_model
# diagnosis: one_layer_for_both_losses

linear = nn.Linear(2, 3)


def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(linear, nn.Softmax(dim=1))
    return nn.Sequential(linear)


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    return F.cross_entropy(outputs, targets)


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    if loss_name == "MSELoss":
        return model(X)
    return F.softmax(model(X), dim=1)
