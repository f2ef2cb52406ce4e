"""The model under "MSELoss" has lost its softmax: the error is that of logits."""
# score: 2.25
# fails: predict_proba, trained
# diagnosis: mse_of_logits

def make_model(loss_name):
    layer = nn.Linear(2, 3)
    return layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
