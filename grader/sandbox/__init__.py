"""The other side of the pipe: the fork server and a student's process. Imports nothing of ours but wire."""
