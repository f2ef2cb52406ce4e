"""A layer in bfloat16: only three digits of the loss are right."""
# score: 0
# fails: loss_value
# diagnosis: none

class Net(nn.Module):
    def __init__(self, probabilities):
        super().__init__()
        self.linear = nn.Linear(2, 3, dtype=torch.bfloat16)
        self.probabilities = probabilities

    def forward(self, x):
        z = self.linear(x.bfloat16())
        return z.softmax(dim=1) if self.probabilities else z


def make_model(loss_name):
    return Net(loss_name == "MSELoss")


def mse_loss(outputs, targets):
    return F.mse_loss(outputs.float(), F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": mse_loss, "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    return model(X) if loss_name == "MSELoss" else F.softmax(model(X), dim=1)
