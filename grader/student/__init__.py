"""The trusted end of a student's process: questions built by plain Python, and the channel with its deadlines."""
