"""Returns only the largest probability of each row."""
# score: 3
# fails: predict_proba
# diagnosis: largest_probability_only

def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    return nn.Linear(2, 3)


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    return F.cross_entropy(outputs, targets)


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    p = model(X)
    if loss_name == "CrossEntropyLoss":
        p = F.softmax(p, dim=1)
    return p.max(dim=1).values
