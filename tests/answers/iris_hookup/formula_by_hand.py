"""logsumexp minus the right logit, and softmax by hand."""
# score: 4
# fails: none

def make_model(loss_name):
    layers = [nn.Linear(2, 3)]
    if loss_name == "MSELoss":
        layers.append(nn.Softmax(dim=1))
    return nn.Sequential(*layers)


def mse(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


def ce(outputs, targets):
    right = outputs.gather(1, targets.unsqueeze(1)).squeeze(1)
    return (outputs.logsumexp(dim=1) - right).mean()


loss_functions = {}
loss_functions["MSELoss"] = mse
loss_functions["CrossEntropyLoss"] = ce


@torch.no_grad()
def predict_proba(model, loss_name, X):
    out = model(X)
    if loss_name == "MSELoss":
        return out
    e = torch.exp(out - out.max(dim=1, keepdim=True).values)
    return e / e.sum(dim=1, keepdim=True)
