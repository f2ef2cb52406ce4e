# Chained errors whose messages change their colour with each letter.
# holds: few colour changes are left on the page
# control: without cleaning → heavy
error = None
for _ in range(12):
    try:
        raise ValueError("\x1b[31mx\x1b[32my" * 8_000) from error
    except ValueError as raised:
        error = raised
raise error
