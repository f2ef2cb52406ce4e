"""Softmax along dim 0, over the batch, with the negative log as the loss."""
# score: 0
# fails: loss_value, loss_gradient, predict_proba, fresh_model, trained
# diagnosis: softmax_over_batch

def make_model(loss_name):
    if loss_name == "MSELoss":
        return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=0))


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def cross_entropy_loss(outputs, targets):
    return -torch.log(outputs[torch.arange(len(targets)), targets]).mean()


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": cross_entropy_loss}


def predict_proba(model, loss_name, X):
    return model(X)
