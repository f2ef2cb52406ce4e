"""predict_proba switches to evaluation mode and back, without gradients."""
# score: 4
# fails: none

def make_model(loss_name):
    layer = nn.Linear(2, 3)
    return nn.Sequential(layer, nn.Softmax(dim=1)) if loss_name == "MSELoss" else layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


@torch.no_grad()
def predict_proba(model, loss_name, X):
    training = model.training
    model.eval()
    outputs = model(X)
    model.train(training)
    return outputs if loss_name == "MSELoss" else F.softmax(outputs, dim=1)
