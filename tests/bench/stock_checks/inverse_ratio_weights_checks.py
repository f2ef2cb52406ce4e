# ruff: noqa: F821
def ratios_right(given_as, shares):
    weights, expected = inverse_ratio_weights(given_as), 1 / torch.tensor(shares)
    scale = float(weights[0] / expected[0])
    assert scale > 0
    close(weights / scale, expected)
    return weights


@drawn
@given(draw_ratios())
def ratios_values(shares):
    ratios_right(list(shares), shares)


@drawn
@given(draw_ratios())
def ratios_accepts(shares):
    for given_as in (list(shares), tuple(shares), torch.tensor(shares)):
        ratios_right(given_as, shares)


@drawn
@given(draw_ratios())
def ratios_dtype(shares):
    for given_as, right in ((LECTURE, LECTURE), (shares, shares), (torch.tensor(shares, dtype=torch.float64), shares)):
        assert ratios_right(given_as, right).dtype == torch.float32


credit((1, ratios_values), (0.5, ratios_accepts), (0.5, ratios_dtype))
