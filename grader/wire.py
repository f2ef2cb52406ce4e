"""Encode messages as bytes and decode them: a JSON header and raw buffers.

The only parser of the bytes that a student's process sends. What a message means is not its concern (see
`grader.sandbox.runtime.messages`). Decoding never unpickles and never evaluates; every size is checked before anything
is allocated. A frame is `uint32 length of the header | header | buffers`, little-endian; the header is
`{"body": …, "buffers": [sizes]}`. In a body, JSON scalars and arrays stand for themselves; every other value is a
tagged object:

    {"k": "tensor", "dtype": "float32", "shape": [2, 3], "buffer": 0}     (with "device" where that is not the CPU)
    {"k": "array", "dtype", "shape", "buffer"}       a NumPy array or scalar
    {"k": "tuple", "v": […]}   {"k": "dict", "v": [[key, value], …]}   {"k": "bytes", "buffer"}
    {"k": "device", "v": "cuda:0"}                   a torch.device
    {"k": "opaque", "v": "generator"}                a value that cannot be encoded: only the name of its type

Keys of a dictionary are scalars, and at most MAX_OTHER_KEYS of them are not strings; any other dictionary is opaque.
"""

from __future__ import annotations

import itertools
import json
import math
import select
import socket
import struct
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch

from grader.errors import WireError as WireError

MAX_HEADER = 1 << 20  # bytes; a question with 20 nodes takes 2 kB, the reply to a cell 200 bytes
# Bytes. Task 3's parameters, the largest honest answer, take 0.4 MB; a cell's outputs are cut at 8 MB.
MAX_FRAME = 64 << 20
MAX_DEPTH = 16  # nested containers; the histories of task 3 are 3 deep. Well below Python's recursion limit
MAX_TEXT = 100_000  # characters of one string in a body
MAX_DIMENSIONS = 16
# Keys of one dictionary that are not strings. Only hashes of strings are salted, so numbers can be chosen to collide,
# and each insertion then takes linear time.
MAX_OTHER_KEYS = 1000
DTYPES = frozenset(
    ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool", "complex64", "complex128"]
)
TORCH_DTYPES = {getattr(torch, name): name for name in DTYPES} | {torch.bfloat16: "bfloat16"}

# When to stop waiting: a `time.monotonic()` value, or a function that returns the seconds until it wants to be called
# again, and 0 once the deadline has passed.
Deadline: TypeAlias = "float | Callable[[], float]"
Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"


@dataclass(frozen=True)
class Opaque:
    """Stands for a value that cannot be encoded, such as a generator; `type_name` is the name of its class."""

    type_name: str


def encode(body: object) -> bytes:
    """Encode `body` as one frame. The same values always give the same bytes.

    Tensors are detached and moved to the CPU; those on the "meta" device have no data and keep their device. Raises
    WireError if the frame exceeds MAX_HEADER or MAX_FRAME.
    """
    buffers: list[bytes] = []
    header = json.dumps({"body": _encode(body, buffers, 0), "buffers": [len(b) for b in buffers]}).encode()
    if len(header) > MAX_HEADER or len(header) + sum(map(len, buffers)) > MAX_FRAME:
        raise WireError("the message is too large")
    return b"".join([struct.pack("<I", len(header)), header, *buffers])


def _encode(value: object, buffers: list[bytes], depth: int) -> Json:
    if depth > MAX_DEPTH:
        return {"k": "opaque", "v": "deeply nested " + type(value).__name__}
    if type(value) is str:  # first, since most values are strings
        return value[:MAX_TEXT]
    if value is None or type(value) is bool or type(value) is float:
        return value
    if type(value) is int and abs(value) < 2**63:
        return value
    if isinstance(value, list):
        return [_encode(v, buffers, depth + 1) for v in value]
    if isinstance(value, torch.Tensor) and value.layout is torch.strided and value.dtype in TORCH_DTYPES:
        encoded: dict[str, Json] = {"k": "tensor", "dtype": TORCH_DTYPES[value.dtype], "shape": list(value.shape)}
        if not value.is_cpu:
            encoded["device"] = str(value.device)
        if not value.is_meta:
            _check_size(value.nbytes)
            plain = value.detach().cpu().resolve_conj().resolve_neg()
            if plain.dtype is torch.bfloat16:  # NumPy does not have it
                plain = plain.view(torch.int16)
            encoded["buffer"] = _add(buffers, plain.numpy().tobytes())
        return encoded
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.name in DTYPES:
        _check_size(value.nbytes)
        data = np.ascontiguousarray(value)
        return {
            "k": "array",
            "dtype": data.dtype.name,
            "shape": list(np.shape(value)),
            "buffer": _add(buffers, data.tobytes()),
        }
    if isinstance(value, tuple):
        return {"k": "tuple", "v": [_encode(v, buffers, depth + 1) for v in value]}
    if isinstance(value, dict) and _may_be_keys(value):
        pairs: list[Json] = [[_encode(k, buffers, depth + 1), _encode(v, buffers, depth + 1)] for k, v in value.items()]
        return {"k": "dict", "v": pairs}
    if type(value) is bytes:
        return {"k": "bytes", "buffer": _add(buffers, value)}
    if isinstance(value, torch.device):
        return {"k": "device", "v": str(value)}
    return {"k": "opaque", "v": (value.type_name if isinstance(value, Opaque) else type(value).__name__)[:100]}


def _may_be_keys(keys: Collection[object]) -> bool:
    others = [key for key in keys if type(key) is not str]
    return (
        not others
        or len(others) <= MAX_OTHER_KEYS
        and all(key is None or type(key) in (bool, float) or (type(key) is int and abs(key) < 2**63) for key in others)
    )


def _check_size(size: int) -> None:
    if size > MAX_FRAME:
        raise WireError("the message is too large")


def _add(buffers: list[bytes], data: bytes) -> int:
    buffers.append(data)
    return len(buffers) - 1


def decode(frame: bytes | bytearray) -> object:
    """Decode one frame: the inverse of `encode`, with tensors on the CPU or "meta", and `Opaque` values.

    Raises WireError, and no other exception, for bytes that are not exactly one valid frame.
    """
    size = header_size(bytes(frame[:4]))
    return _decode_body(_parse_header(frame[4 : 4 + size]), memoryview(frame)[4 + size :])


def header_size(prefix: bytes) -> int:
    """Length in bytes of the header, from the first four bytes of a frame. Raises WireError above MAX_HEADER."""
    if len(prefix) != 4:
        raise WireError("a frame has at least four bytes")
    (size,) = struct.unpack("<I", prefix)
    if size > MAX_HEADER:
        raise WireError("the header is too large")
    return int(size)


def _parse_header(data: bytes | bytearray) -> dict[str, Any]:
    try:
        header = json.loads(bytes(data))
        sizes = header["buffers"]
        if set(header) != {"body", "buffers"} or type(sizes) is not list:
            raise WireError("the header has unknown fields")
        if not all(type(n) is int and 0 <= n <= MAX_FRAME for n in sizes) or sum(sizes) > MAX_FRAME:
            raise WireError("the buffers are too large")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WireError(f"the header cannot be parsed ({type(error).__name__})") from None
    return dict(header)


def _decode_body(header: dict[str, Any], data: memoryview) -> object:
    """Decode a parsed header and the bytes of its buffers. Raises WireError."""
    sizes = header["buffers"]
    if sum(sizes) != len(data):
        raise WireError("the buffers do not have the length that the header announces")
    try:
        return _decode(header["body"], _Buffers(sizes, data), 0)
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RuntimeError) as error:
        raise WireError(f"the body cannot be decoded ({type(error).__name__})") from None


class _Buffers:
    """The buffers of a frame. Each may be referenced once: every reference is a copy, so a frame with many references
    to one large buffer would need many times its own size in memory."""

    def __init__(self, sizes: list[int], data: memoryview) -> None:
        self._ends = [0, *itertools.accumulate(sizes)]
        self._taken = bytearray(len(sizes))
        self._data = data

    def take(self, index: object) -> memoryview:
        """Raises WireError for a buffer that does not exist or is already taken."""
        if type(index) is not int or not 0 <= index < len(self._taken) or self._taken[index]:
            raise WireError("a buffer that does not exist or is referenced twice")
        self._taken[index] = 1
        return self._data[self._ends[index] : self._ends[index + 1]]


def _decode(value: Any, buffers: _Buffers, depth: int) -> object:
    if depth > MAX_DEPTH + 1:
        raise WireError("containers are nested too deep")
    if type(value) is str:  # JSON allows lone surrogates, which no file can hold
        return value if value.isascii() else value.encode(errors="replace").decode()
    if value is None or type(value) in (bool, float) or (type(value) is int and abs(value) < 2**63):
        return value
    if type(value) is list:
        return [_decode(v, buffers, depth + 1) for v in value]
    kind = value["k"]
    if kind in ("tensor", "array"):
        return _decode_array(value, buffers)
    if kind == "dict":
        pairs = [(_decode(k, buffers, depth + 1), _decode(v, buffers, depth + 1)) for k, v in value["v"]]
        if not _may_be_keys([k for k, _ in pairs]):
            raise WireError("a dictionary with invalid keys")
        return dict(pairs)
    if kind == "tuple":
        return tuple(_decode(v, buffers, depth + 1) for v in value["v"])
    if kind == "bytes":
        return bytes(buffers.take(value["buffer"]))
    if kind == "opaque" and type(value["v"]) is str:
        return Opaque(value["v"][:100])
    if kind == "device" and type(value["v"]) is str:
        return torch.device(value["v"])
    raise WireError("a value of unknown kind")


def _decode_array(value: dict[str, Any], buffers: _Buffers) -> Any:
    dtype, shape = value["dtype"], value["shape"]
    if dtype == "bfloat16" and value["k"] == "tensor":
        return _decode_array({**value, "dtype": "int16"}, buffers).view(torch.bfloat16)
    if type(dtype) is not str or dtype not in DTYPES:
        raise WireError("unknown dtype")
    if (
        type(shape) is not list
        or len(shape) > MAX_DIMENSIONS
        or not all(type(n) is int and 0 <= n < 2**31 for n in shape)
    ):
        raise WireError("an invalid shape")
    device = value.get("device", "cpu")
    if device == "meta":
        return torch.empty(shape, dtype=getattr(torch, dtype), device="meta")
    if type(device) is not str or device.split(":")[0] not in ("cpu", "cuda"):
        raise WireError("unknown device")
    buffer = buffers.take(value["buffer"])
    if math.prod(shape) * np.dtype(dtype).itemsize != len(buffer):
        raise WireError("the buffer does not have the size of the shape")
    if dtype == "bool":  # a bool with another byte than 0 and 1 is undefined behaviour in C++
        array = np.asarray(np.frombuffer(buffer, np.uint8).reshape(shape) != 0)
    else:
        array = np.frombuffer(buffer, dtype=dtype).reshape(shape).copy()
    return torch.from_numpy(array) if value["k"] == "tensor" else array


def send(pipe: socket.socket, body: object, deadline: Deadline | None = None) -> None:
    """Encode `body` and write the frame. `deadline`: for the whole frame; None: no timeout.

    Raises TimeoutError, OSError; WireError if the frame is too large (then nothing has been written).
    """
    view = memoryview(encode(body))
    while view:
        _wait(pipe, deadline, write=True)
        view = view[pipe.send(view, 0 if deadline is None else socket.MSG_DONTWAIT) :]


def receive(pipe: socket.socket, deadline: Deadline | None = None) -> object:
    """Read one frame and decode it. `deadline`: for the whole frame; None: no timeout.

    Raises TimeoutError, OSError, WireError; EOFError if the other end closes the pipe.
    """
    header = _parse_header(_read(pipe, header_size(bytes(_read(pipe, 4, deadline))), deadline))
    return _decode_body(header, memoryview(_read(pipe, sum(header["buffers"]), deadline)))


def _read(pipe: socket.socket, size: int, deadline: Deadline | None) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        _wait(pipe, deadline, write=False)
        count = pipe.recv_into(view)
        if not count:
            raise EOFError("the other end closed the pipe")
        view = view[count:]
    return data


def _wait(pipe: socket.socket, deadline: Deadline | None, *, write: bool) -> None:
    """Wait until the pipe is ready. Raises TimeoutError at the deadline, however slowly bytes trickle in."""
    if deadline is None:
        return
    ready = select.poll()  # select() fails on descriptors above 1023
    ready.register(pipe, select.POLLOUT if write else select.POLLIN)
    seconds_left = deadline if callable(deadline) else lambda: deadline - time.monotonic()
    while not ready.poll(max(0.0, seconds := seconds_left()) * 1000):
        if seconds <= 0:
            raise TimeoutError("the deadline has passed")
