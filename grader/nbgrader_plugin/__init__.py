"""The code that knows nbgrader; `install` makes nbgrader use it."""

from grader.nbgrader_plugin.install import install

__all__ = ["install"]
