"""nn.NLLLoss on probabilities: the logarithm is missing."""
# score: 0
# fails: loss_value, loss_gradient, predict_proba, fresh_model, trained
# diagnosis: log_forgotten

def make_model(loss_name):
    return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.NLLLoss()}


def predict_proba(model, loss_name, X):
    return model(X)
