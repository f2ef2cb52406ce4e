"""As softmax_and_log, but with log(p + 1e-8), which the contract allows."""
# score: 4
# fails: none

def make_model(loss_name):
    return nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def ce_loss(outputs, targets):
    t = F.one_hot(targets, 3).float()
    # log(0) にならないように小さい数を足す
    return -(t * torch.log(outputs + 1e-8)).sum(dim=1).mean()


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": ce_loss}


def predict_proba(model, loss_name, X):
    with torch.no_grad():
        return model(X)
