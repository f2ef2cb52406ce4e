# A cell with an infinite loop.
# holds: the deadline holds
# control: it took place → raised undecided
while True: len('')
