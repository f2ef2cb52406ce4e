"""Fuzzing: random notebook files through grading, random frames through the wire decoder."""
