"""make_model sets the seed: every new model starts alike, and is independent."""
# score: 4
# fails: none

def make_model(loss_name):
    torch.manual_seed(0)
    layer = nn.Linear(2, 3)
    return nn.Sequential(layer, nn.Softmax(dim=1)) if loss_name == "MSELoss" else layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
