"""Convert untrusted values of a notebook's JSON into text and pictures, and everything malformed into ""."""

from __future__ import annotations

import binascii
from base64 import b64decode


def as_text(value: object) -> str:
    """Return a string field, or a list of lines joined; "" for any other type. Lone surrogates become "?"."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str):
        return ""
    try:
        value.encode()
        return value  # the same object: a copy may have 200 MB
    except UnicodeEncodeError:
        return value.encode(errors="replace").decode()


def as_picture(value: object, limit: int) -> str:
    """Return the base64 text of a picture, or "" if it is not base64 or longer than `limit` characters."""
    data = as_text(value)
    try:
        return data if len(data) <= limit and b64decode("".join(data.split()), validate=True) else ""
    except (binascii.Error, ValueError):
        return ""
