"""A loop over the samples in the loss and over the rows in the prediction."""
# score: 4
# fails: none

def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    if loss_name == "CrossEntropyLoss":
        return nn.Linear(2, 3)


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def ce_loss(outputs, targets):
    total = 0.0
    for z, t in zip(outputs, targets):
        total += torch.logsumexp(z, 0) - z[t]
    return total / len(targets)


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": ce_loss}


def predict_proba(model, loss_name, X):
    if loss_name == "MSELoss":
        return model(X)
    return torch.stack([torch.softmax(model(x[None])[0], dim=0) for x in X])
