# An error whose message is 100 MB long.
# holds: no more is kept than its bound
# control: it took place → raised EEEE
raise type("E" * 1_000_000, (Exception,), {})("x" * 50_000_000)
