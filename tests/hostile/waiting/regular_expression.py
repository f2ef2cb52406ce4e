# A regular expression with exponential backtracking.
# holds: the deadline holds
# control: it took place → raised undecided
import re
re.match(r"(a+)+$", "a" * 60 + "b")
