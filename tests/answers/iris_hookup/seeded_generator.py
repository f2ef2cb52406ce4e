"""The weights come from a generator that is seeded at every call."""
# score: 4
# fails: none

def make_model(loss_name):
    layer = nn.Linear(2, 3)
    generator = torch.Generator().manual_seed(7)
    nn.init.normal_(layer.weight, std=0.5, generator=generator)
    nn.init.zeros_(layer.bias)
    return nn.Sequential(layer, nn.Softmax(dim=1)) if loss_name == "MSELoss" else layer


def mse_loss(outputs, targets):
    return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
