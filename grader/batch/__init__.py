"""Grade many notebooks: jobs, their cache, worker processes, a Dask cluster. Must not know nbgrader's database.

nbgrader's process imports `job`, `cache`, `runner` and `process_pool`, and none of these imports torch.
"""
