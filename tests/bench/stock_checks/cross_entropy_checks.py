# ruff: noqa: F821
def entropy_easy():
    close(cross_entropy(EASY.clone(), EASY_TARGETS.clone()), F.cross_entropy(EASY, EASY_TARGETS))


def entropy_gradient(function, z, y, factor=1.0):
    leaf = z.clone().requires_grad_()
    return torch.autograd.grad(factor * function(leaf * 1, y.clone()), leaf)[0]


@drawn
@given(draw_batch(draw_logits(3)))
def entropy_values(batch):
    z, y = batch
    close(cross_entropy(z.clone(), y.clone()), F.cross_entropy(z, y))


@drawn
@given(draw_batch(draw_large_logits))
def entropy_large(batch):
    z, y = batch
    entropy_easy()
    close(cross_entropy(z.clone(), y.clone()), F.cross_entropy(z, y), tolerance(z))
    close(entropy_gradient(cross_entropy, z, y), entropy_gradient(F.cross_entropy, z, y), tolerance(z))


@drawn
@given(draw_batch(draw_logits(3)))
def entropy_gradients(batch):
    entropy_easy()
    close(entropy_gradient(cross_entropy, *batch, 3), entropy_gradient(F.cross_entropy, *batch, 3), 3e-4)


@drawn
@given(draw_batch(draw_logits(1, dtypes=(torch.float32, torch.float64))))
def entropy_dtype(batch):
    z, y = batch
    close(cross_entropy(z.clone(), y.clone()), F.cross_entropy(z, y), 4 * tolerance(z), dtype=True)


@drawn
@given(draw_batch(draw_logits(3)))
def entropy_unmodified(batch):
    z, y = batch
    for gradient in (False, True):
        theirs, classes = z.clone().requires_grad_(gradient), y.clone()
        close(cross_entropy(theirs, classes), F.cross_entropy(z, y))
        assert torch.equal(theirs, z)
        assert torch.equal(classes, y)


def entropy_device():
    entropy_easy()
    assert cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3])).device == torch.device("cpu")


credit(
    (1.5, entropy_values),
    (1, entropy_large),
    (0.75, entropy_gradients),
    (0.25, entropy_dtype),
    (0.25, entropy_unmodified),
    (0.25, entropy_device),
)
