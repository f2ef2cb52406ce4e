# ruff: noqa: F821
CE = "CrossEntropyLoss"


def hookup_parameters(model):
    by_shape = {tuple(p.shape): p for p in model.parameters()}
    assert set(by_shape) == {(3, 2), (3,)}
    return by_shape[3, 2], by_shape[3,]


def hookup_logits(model, x):
    return F.linear(x.double(), *(p.double() for p in hookup_parameters(model)))


def hookup_loss(x, y):
    model = make_model(CE)
    loss = loss_functions[CE](model(x), y)
    weight, bias = hookup_parameters(model)
    close(loss, F.cross_entropy(hookup_logits(model, x), y), 3e-4)
    return loss, weight, bias


def hookup_easy():
    hookup_loss(torch.tensor([[0.5, -1.0], [1.0, 0.25], [-1.5, 0.75], [0.0, 2.0]]), torch.tensor([0, 2, 1, 1]))


draw_flowers = draw_batch(draw_logits(2.5, classes=3)).map(lambda batch: (batch[0][:, :2].float(), batch[1]))


@drawn
@given(draw_flowers)
def hookup_value(batch):
    hookup_loss(*batch)


@drawn
@given(draw_flowers)
def hookup_gradient(batch):
    hookup_easy()
    loss, *theirs = hookup_loss(*batch)
    weight, bias = (p.detach().clone().requires_grad_() for p in theirs)
    logits = F.linear(batch[0].to(weight.dtype), weight, bias)
    expected = torch.autograd.grad(F.cross_entropy(logits, batch[1]), (weight, bias))
    for actual, right in zip(torch.autograd.grad(loss, theirs), expected, strict=True):
        close(actual, right, 3e-4)


@drawn
@given(draw_logits(2.5, classes=2))
def hookup_proba(x):
    hookup_easy()
    for loss_name in ("MSELoss", CE):
        model = make_model(loss_name)
        close(predict_proba(model, loss_name, x), F.softmax(hookup_logits(model, x), dim=1))


def hookup_fresh():
    hookup_easy()
    one, other = (hookup_parameters(make_model(CE))[0] for _ in range(2))
    before = other.detach().clone()
    with torch.no_grad():
        one.add_(1)
    assert torch.equal(other, before)


def hookup_trained():
    hookup_easy()
    assert histories[CE][-1] < histories[CE][0]
    outputs = hookup_logits(models[CE], X_test)
    assert (outputs.argmax(dim=1) == y_test).float().mean() >= 0.7


credit(
    (1, hookup_value),
    (0.75, hookup_gradient),
    (1, hookup_proba),
    (0.5, hookup_fresh),
    (0.75, hookup_trained),
)
