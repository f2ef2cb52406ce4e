"""Lambdas in dictionaries build the models and predict."""
# score: 4
# fails: none

factories = {
    "MSELoss": lambda: nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1)),
    "CrossEntropyLoss": lambda: nn.Sequential(nn.Linear(2, 3)),
}
to_proba = {"MSELoss": lambda out: out, "CrossEntropyLoss": nn.Softmax(dim=1)}
make_model = lambda loss_name: factories[loss_name]()
loss_functions = {
    "MSELoss": lambda out, y: F.mse_loss(out, F.one_hot(y, 3).float()),
    "CrossEntropyLoss": lambda out, y: F.cross_entropy(out, y),
}
predict_proba = lambda model, loss_name, X: to_proba[loss_name](model(X))
