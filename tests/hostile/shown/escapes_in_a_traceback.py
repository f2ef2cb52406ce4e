# An error whose message changes its colour with each letter.
# holds: few colour changes are left on the page
# control: without cleaning → heavy
raise ValueError("\x1b[31mx\x1b[32my" * 8_000)
