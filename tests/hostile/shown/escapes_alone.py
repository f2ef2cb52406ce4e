# Escape sequences by the thousand, without any text between them.
# holds: few colour changes are left on the page
# control: without cleaning → heavy
print("\x1b[m" * 60_000)
