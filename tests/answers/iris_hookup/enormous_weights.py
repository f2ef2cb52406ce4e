"""Weights so large that the loss equals the distance to the maximum."""
# score: 0
# fails: loss_value, loss_gradient, predict_proba, fresh_model, trained
# diagnosis: none

def make_model(loss_name):
    layer = nn.Linear(2, 3)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.mul_(1e7)
    return nn.Sequential(layer, nn.Softmax(dim=1)) if loss_name == "MSELoss" else layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    return (outputs.max(dim=1).values - outputs[torch.arange(len(targets)), targets]).mean()


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    return F.one_hot(model(X).argmax(dim=1), 3).float()
