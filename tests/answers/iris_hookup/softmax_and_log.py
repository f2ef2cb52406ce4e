"""Softmax in the model, and the negative log of its probabilities as the loss."""
# score: 4
# fails: none

def make_model(loss_name):
    return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))


def cross_entropy_loss(p, y):
    return -torch.log(p[torch.arange(len(y)), y]).mean()


loss_functions = {
    "MSELoss": lambda p, y: F.mse_loss(p, F.one_hot(y, 3).float()),
    "CrossEntropyLoss": cross_entropy_loss,
}


def predict_proba(model, loss_name, X):
    return model(X)
