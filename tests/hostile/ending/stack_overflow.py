# Infinite recursion in C.
# holds: no points; the next one is graded
# control: it took place → crashed wrong
import sys
sys.setrecursionlimit(10**9)
def deeper(): return deeper()
x = []
for _ in range(10**6): x = [x]
repr(x)
deeper()
