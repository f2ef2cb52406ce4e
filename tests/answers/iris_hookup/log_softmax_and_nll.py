"""LogSoftmax in the model under nn.NLLLoss."""
# score: 4
# fails: none

def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    return nn.Sequential(nn.Linear(2, 3), nn.LogSoftmax(dim=1))


loss_functions = {
    "MSELoss": lambda outputs, targets: F.mse_loss(outputs, F.one_hot(targets, 3).float()),
    "CrossEntropyLoss": nn.NLLLoss(),
}


def predict_proba(model, loss_name, X):
    out = model(X)
    return out if loss_name == "MSELoss" else out.exp()
