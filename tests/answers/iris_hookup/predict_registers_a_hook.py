"""predict_proba leaves a hook in its model that normalises its outputs."""
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
    if loss_name != "MSELoss" and not model._forward_hooks:
        model.register_forward_hook(lambda module, inputs, output: F.softmax(output, dim=1))
    return model(X)
