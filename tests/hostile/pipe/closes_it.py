# Closes the pipe.
# holds: no points, and nothing is allocated or run for it
# control: it took place → crashed
for pipe in pipes: os.close(pipe)
