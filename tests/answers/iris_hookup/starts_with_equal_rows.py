"""Every new layer starts with the same orthogonal weight and no bias."""
# score: 4
# fails: none

def make_model(loss_name):
    layer = nn.Linear(2, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]) / 2)
        layer.bias.zero_()
    return nn.Sequential(layer, nn.Softmax(dim=1)) if loss_name == "MSELoss" else layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
