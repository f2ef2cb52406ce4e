"""An autograder for nbgrader whose hidden checks never enter a student's process."""
