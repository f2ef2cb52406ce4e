# Hooks before and after each cell print points.
# holds: no points
# control: it took place → wrong
shell = get_ipython()
def full(*_):
    print("3.0")
    __import__("sys").displayhook(3.0)
for event in ("pre_run_cell", "post_run_cell", "pre_execute", "post_execute"):
    shell.events.register(event, full)
