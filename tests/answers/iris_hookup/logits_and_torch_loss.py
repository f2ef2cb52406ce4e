"""A bare linear layer under nn.CrossEntropyLoss: the softmax is inside the loss."""
# score: 4
# fails: none

def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    return nn.Linear(2, 3)


def mse(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    if loss_name == "MSELoss":
        return model(X)
    return torch.softmax(model(X), dim=1)
