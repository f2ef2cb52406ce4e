"""From a submitted file, which may hold anything, to the released notebook with the answers in it, nothing active.

Must not know checks, processes or nbgrader.
"""
