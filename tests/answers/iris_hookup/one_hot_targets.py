"""One-hot probabilities as the targets of F.cross_entropy, for both losses alike."""
# score: 4
# fails: none

def make_model(loss_name):
    model = nn.Sequential(nn.Linear(2, 3))
    if loss_name == "MSELoss":
        model.append(nn.Softmax(dim=1))
    return model


def with_one_hot(f):
    def loss(outputs, targets):
        return f(outputs, F.one_hot(targets, num_classes=3).float())
    return loss


loss_functions = {"MSELoss": with_one_hot(F.mse_loss), "CrossEntropyLoss": with_one_hot(F.cross_entropy)}


def predict_proba(model, loss_name, X):
    outputs = model(X)
    if loss_name == "CrossEntropyLoss":
        outputs = outputs.softmax(dim=-1)
    return outputs
