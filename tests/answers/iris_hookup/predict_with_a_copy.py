"""predict_proba asks a copy of the model in evaluation mode, without gradients."""
# score: 4
# fails: none

def make_model(loss_name):
    layer = nn.Linear(2, 3)
    return nn.Sequential(layer, nn.Softmax(dim=1)) if loss_name == "MSELoss" else layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    import copy
    twin = copy.deepcopy(model).eval()
    with torch.inference_mode():
        outputs = twin(X)
    return (outputs if loss_name == "MSELoss" else torch.softmax(outputs, 1)).clone()
