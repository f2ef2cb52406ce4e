"""How well the hidden checks find bugs; not part of `make test`."""
