"""Measurements of the checks, of the trusted run, and of large or killed runs; not part of `make test`."""
