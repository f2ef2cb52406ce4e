"""predict_proba rounds the parameters of its model to one digit."""
# score: 3
# fails: predict_proba
# diagnosis: none

def make_model(loss_name):
    layer = nn.Linear(2, 3)
    return nn.Sequential(layer, nn.Softmax(dim=1)) if loss_name == "MSELoss" else layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    p = model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_((parameter * 10).round() / 10)
    return p
