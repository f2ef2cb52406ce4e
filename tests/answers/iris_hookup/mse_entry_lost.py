"""Replaces the dictionary and loses the given "MSELoss", so that the training cell stops before the cross-entropy."""
# score: 3.25
# fails: trained
# diagnosis: none

def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    return nn.Linear(2, 3)


loss_functions = {"CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    if loss_name == "MSELoss":
        return model(X)
    return F.softmax(model(X), dim=1)
