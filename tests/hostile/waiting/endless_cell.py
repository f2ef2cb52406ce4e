# A cell without end.
# holds: the deadline holds
# control: it took place → raised
while True: len('')
