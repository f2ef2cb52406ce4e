"""What authors of checks write with: `given`, `points`, `assert_close`, strategies, fixtures. Must not know nbgrader.

This file stays empty of imports: nbgrader's process reads `assignment` and must not wait for torch.
"""
