# ruff: noqa: F401, F821
import warnings

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

warnings.simplefilter("ignore")  # nbgrader takes all points where anything stands on stderr
drawn = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
LECTURE = [0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]
ROW = torch.linspace(-1, 1, 10)
EASY = torch.tensor([[2.0, 1.0, 0.1, -1.0], [0.0, 0.5, -0.5, 1.5], [1.0, 0.0, 2.0, 0.25]])
EASY_TARGETS = torch.tensor([3, 0, 2])


@st.composite
def draw_logits(draw, limit, grid=0.25, least=1, dtypes=(torch.float32,), classes=None):
    n, c = draw(st.integers(least, 5)), classes or draw(st.integers(2, 6))
    steps = int(limit / grid)
    values = draw(st.lists(st.integers(-steps, steps), min_size=n * c, max_size=n * c))
    return (torch.tensor(values, dtype=torch.float64) * grid).reshape(n, c).to(draw(st.sampled_from(dtypes)))


@st.composite
def draw_far_logits(draw):
    narrow = draw(draw_logits(5, grid=1))
    offsets = draw(st.lists(st.integers(-9_990, 9_990), min_size=len(narrow), max_size=len(narrow)))
    return narrow + torch.tensor(offsets, dtype=narrow.dtype)[:, None]


draw_large_logits = st.one_of(draw_logits(10_000, grid=1), draw_far_logits())


@st.composite
def draw_batch(draw, matrices):
    matrix = draw(matrices)
    n, c = matrix.shape
    return matrix, torch.tensor(draw(st.lists(st.integers(0, c - 1), min_size=n, max_size=n)))


@st.composite
def draw_ratios(draw):
    return [i / 20 for i in draw(st.lists(st.integers(1, 20), min_size=2, max_size=10))]


def tolerance(*tensors):
    return torch.finfo(tensors[0].dtype).eps * (200 + 8 * max(float(t.abs().max()) for t in tensors))


def close(actual, expected, tol=1e-4, dtype=False):
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype or not dtype
    assert torch.allclose(actual.detach().double(), expected.detach().double(), rtol=tol, atol=tol)


def credit(*checks):
    earned = 0.0
    for points, check in checks:
        try:
            check()
            earned += points
        except Exception as error:
            print(f"{check.__name__}: {type(error).__name__}")
    return earned
