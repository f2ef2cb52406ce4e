"""reduction="sum" divided by the number of samples."""
# score: 4
# fails: none

def make_model(loss_name):
    linear = nn.Linear(2, 3)
    return nn.Sequential(linear, nn.Softmax(dim=1)) if loss_name == "MSELoss" else linear


summed = nn.CrossEntropyLoss(reduction="sum")
loss_functions = {
    "MSELoss": lambda o, t: F.mse_loss(o, F.one_hot(t, 3).float()),
    "CrossEntropyLoss": lambda o, t: summed(o, t) / t.shape[0],
}


def predict_proba(model, loss_name, X):
    p = model(X)
    if loss_name != "MSELoss":
        p = F.softmax(p, dim=1)
    return p.detach()
