"""predict_proba takes a step of gradient descent on its own predictions."""
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
    with torch.enable_grad():
        outputs = model(X.detach())
        for parameter in model.parameters():
            (g,) = torch.autograd.grad(outputs.square().mean(), parameter, retain_graph=True)
            parameter.data.sub_(0.1 * g)
    return p
