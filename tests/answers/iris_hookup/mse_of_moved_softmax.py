"""The softmax of "MSELoss" has moved from the model into the loss and into predict_proba: the same composition."""
# score: 4
# fails: none

def make_model(loss_name):
    return nn.Linear(2, 3)


def mse_loss(outputs, targets):
    return F.mse_loss(F.softmax(outputs, dim=1), F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return F.softmax(model(X), dim=1)
