# Sends a pickle.
# holds: no points, and nothing is allocated or run for it
# control: it took place → crashed
import pickle; tell(pickle.dumps(os.system))
