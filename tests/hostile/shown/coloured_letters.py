# Each letter has a colour of its own.
# holds: few colour changes are left on the page
# control: without cleaning → heavy
print("\x1b[31ma\x1b[32mb" * 15_000)
