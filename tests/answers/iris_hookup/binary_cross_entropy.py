"""nn.BCELoss on softmax probabilities and one-hot targets."""
# score: 0
# fails: loss_value, loss_gradient, predict_proba, fresh_model, trained
# diagnosis: binary_cross_entropy

def make_model(loss_name):
    return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    return F.binary_cross_entropy(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    return model(X)
