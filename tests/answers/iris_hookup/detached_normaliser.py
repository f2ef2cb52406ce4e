"""Detaches the logsumexp: the gradient only ever raises the right logit, and the loss falls without end."""
# score: 2.5
# fails: loss_gradient, trained
# diagnosis: detached_normaliser

def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    return nn.Linear(2, 3)


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    total = torch.logsumexp(outputs, dim=1).detach()
    right = outputs.gather(1, targets[:, None])[:, 0]
    return (total - right).mean()


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    if loss_name == "MSELoss":
        return model(X)
    return F.softmax(model(X), dim=1)
