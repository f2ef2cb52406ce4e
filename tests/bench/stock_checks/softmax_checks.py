# ruff: noqa: F821
def softmax_easy():
    close(softmax(EASY.clone()), F.softmax(EASY, dim=1))


@drawn
@given(draw_logits(5))
def softmax_values(z):
    close(softmax(z.clone()), F.softmax(z, dim=1), max(tolerance(z), 1e-6))


@drawn
@given(draw_large_logits)
def softmax_large(z):
    softmax_easy()
    close(softmax(z.clone()), F.softmax(z, dim=1), tolerance(z))


@drawn
@given(draw_logits(3), st.randoms(use_true_random=False))
def softmax_gradients(z, random):
    softmax_easy()
    direction = torch.tensor([random.randint(-4, 4) for _ in range(z.numel())], dtype=z.dtype).reshape(z.shape) / 2
    leaf, theirs = z.clone().requires_grad_(), z.clone().requires_grad_()
    expected = torch.autograd.grad(F.softmax(leaf, dim=1), leaf, direction)[0]
    close(torch.autograd.grad(softmax(theirs * 1), theirs, direction)[0], expected, max(tolerance(z), 1e-5))


@drawn
@given(draw_logits(1, dtypes=(torch.float32, torch.float64)))
def softmax_dtype(z):
    close(softmax(z.clone()), F.softmax(z, dim=1), 4 * tolerance(z), dtype=True)


@drawn
@given(draw_logits(3))
def softmax_unmodified(z):
    for gradient in (False, True):
        theirs = z.clone().requires_grad_(gradient)
        close(softmax(theirs), F.softmax(z, dim=1))
        assert torch.equal(theirs, z)


def softmax_device():
    softmax_easy()
    assert softmax(torch.zeros(2, 4)).device == torch.device("cpu")


credit(
    (1, softmax_values),
    (0.75, softmax_large),
    (0.5, softmax_gradients),
    (0.25, softmax_dtype),
    (0.25, softmax_unmodified),
    (0.25, softmax_device),
)
