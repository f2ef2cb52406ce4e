# Sends a pickle.
# holds: no points, and nothing is allocated or run for it
# control: it took place → gone
import pickle; tell(pickle.dumps(os.system))
