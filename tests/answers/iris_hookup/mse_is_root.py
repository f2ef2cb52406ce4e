"""The given loss is its square root."""
# score: 3.25
# fails: trained
# diagnosis: none

def make_model(loss_name):
    layer = nn.Linear(2, 3)
    return nn.Sequential(layer, nn.Softmax(dim=1)) if loss_name == "MSELoss" else layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float()).sqrt()


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
