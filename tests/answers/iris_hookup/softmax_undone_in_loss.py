"""Takes the log of the model's probabilities before nn.CrossEntropyLoss, which undoes the double softmax."""
# score: 4
# fails: none

def make_model(loss_name):
    return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))


loss_functions = {
    "MSELoss": lambda p, y: F.mse_loss(p, F.one_hot(y, 3).float()),
    "CrossEntropyLoss": lambda p, y: nn.CrossEntropyLoss()(torch.log(p), y),
}


def predict_proba(model, loss_name, X):
    return model(X)
