# Random bytes on the pipe.
# holds: no points, and nothing is allocated or run for it
# control: it took place → crashed
tell(b'garbage' * 1000)
