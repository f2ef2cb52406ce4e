# Patches a builtin so that every tolerance is infinite.
# holds: no points
# control: in one process → points
import builtins
real = builtins.max
def most(*values, **options):
    result = real(*values, **options)
    return float("inf") if type(result) is float else result
builtins.max = most
