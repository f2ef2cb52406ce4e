# ruff: noqa: F821
def weighted_loss(shares, z, y):
    return F.cross_entropy(z, y, weight=1 / torch.tensor(shares))


TEN = torch.stack([ROW, 2 * ROW.roll(2), ROW.roll(3)]), torch.tensor([0, 9, 4])


def loss_of(shares, z, y, cpu="cpu"):
    return make_criterion(shares, cpu)(z.clone(), y)  # a right criterion may overwrite its logits


def weighted_easy(cpu="cpu"):
    close(loss_of(LECTURE, *TEN, cpu), weighted_loss(LECTURE, *TEN))


@st.composite
def draw_weighted(draw):
    shares = draw(draw_ratios())
    z = draw(draw_logits(3, least=2, classes=len(shares)))
    n, c = z.shape
    first = draw(st.integers(0, c - 1))
    second = (first + draw(st.integers(1, c - 1))) % c
    rest = draw(st.lists(st.integers(0, c - 1), min_size=n - 2, max_size=n - 2))
    return shares, z, torch.tensor([first, second, *rest])


draw_lecture = draw_batch(draw_logits(3, least=2, classes=10))


@drawn
@given(draw_lecture)
def weighted_values(batch):
    weighted_easy()
    close(loss_of(LECTURE, *batch), weighted_loss(LECTURE, *batch))


@drawn
@given(draw_lecture)
def weighted_gradients(batch):
    weighted_easy()
    z, y = batch
    leaf, theirs = z.clone().requires_grad_(), z.clone().requires_grad_()
    expected = torch.autograd.grad(weighted_loss(LECTURE, leaf, y), leaf)[0]
    close(torch.autograd.grad(loss_of(LECTURE, theirs, y), theirs)[0], expected)


@drawn
@given(draw_weighted())
def weighted_arguments(case):
    weighted_easy()
    shares, z, y = case
    close(loss_of(shares, z, y), weighted_loss(*case))


def weighted_device():
    for cpu in ("cpu", torch.device("cpu")):
        weighted_easy(cpu)


credit((1.25, weighted_values), (0.5, weighted_gradients), (0.5, weighted_arguments), (0.75, weighted_device))
