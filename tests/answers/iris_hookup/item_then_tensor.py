"""Takes the number out with .item() and makes a new leaf of it, so that training runs but changes nothing."""
# score: 2.5
# fails: loss_gradient, trained
# diagnosis: detached

def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    return nn.Linear(2, 3)


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    value = F.cross_entropy(outputs, targets).item()
    return torch.tensor(value, requires_grad=True)


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    if loss_name == "MSELoss":
        return model(X)
    return F.softmax(model(X), dim=1)
