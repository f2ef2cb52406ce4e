"""A network class of one's own that knows which loss it is for."""
# score: 4
# fails: none

class Net(nn.Module):
    def __init__(self, use_softmax):
        super().__init__()
        self.fc = nn.Linear(2, 3)
        self.use_softmax = use_softmax

    def forward(self, x):
        z = self.fc(x)
        if self.use_softmax:
            return torch.softmax(z, dim=1)
        return z


def make_model(loss_name):
    return Net(use_softmax=(loss_name == "MSELoss"))


class MSE(nn.Module):
    def forward(self, outputs, targets):
        return F.mse_loss(outputs, F.one_hot(targets, 3).float())


loss_functions = {"MSELoss": MSE(), "CrossEntropyLoss": nn.CrossEntropyLoss()}


def predict_proba(model, loss_name, X):
    model.eval()
    return F.softmax(model.fc(X), dim=1)
