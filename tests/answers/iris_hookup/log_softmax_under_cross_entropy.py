"""LogSoftmax under nn.CrossEntropyLoss: a second log_softmax changes nothing."""
# score: 4
# fails: none

def make_model(loss_name):
    last = nn.Softmax(dim=1) if loss_name == "MSELoss" else nn.LogSoftmax(dim=1)
    return nn.Sequential(nn.Linear(2, 3), last)


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    if loss_name == "MSELoss":
        return model(X)
    return torch.exp(model(X))
