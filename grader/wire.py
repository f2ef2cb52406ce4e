"""Messages as bytes: a JSON header and raw buffers. The only code that parses what a student's process sends.

It must not know what a message means. Decoding never unpickles and never evaluates; every size is bounded before
anything is allocated. A frame is `uint32 length of the header | header | buffers`, little-endian; the header is
`{"body": …, "buffers": [sizes]}`. In a body JSON's scalars and arrays stand for themselves; an object is tagged:

    {"k": "tensor", "dtype": "float32", "shape": [2, 3], "buffer": 0}     (with "device" where that is not the CPU)
    {"k": "array", "dtype", "shape", "buffer"}       a NumPy array or scalar
    {"k": "tuple", "v": […]}   {"k": "dict", "v": [[key, value], …]}   {"k": "bytes", "buffer"}
    {"k": "device", "v": "cuda:0"}                   a torch.device
    {"k": "opaque", "v": "generator"}                something that cannot travel: the name of its type alone

Keys of a dictionary are scalars, of which few are not text; a dictionary with others cannot travel.
"""

from __future__ import annotations

import itertools
import json
import math
import select
import socket
import struct
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from grader.errors import WireError as WireError

MAX_HEADER = 1 << 20  # bytes; a question about a 20-node expression takes 2 kB, a run's answer 200 bytes
MAX_FRAME = (
    64 << 20
)  # bytes; task 3's parameters, the largest honest answer, take 0.4 MB; a cell's outputs are cut at 8 MB
MAX_DEPTH = 16  # of nested containers; histories of task 3 are 3 deep. Keeps Python's recursion out of reach
MAX_TEXT = 100_000  # characters of one string in a body
MAX_DIMENSIONS = 16
MAX_OTHER_KEYS = 1000  # of a dictionary, that are not text: numbers can be chosen so that adding one takes linear time
DTYPES = frozenset(
    ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool", "complex64", "complex128"]
)
TORCH_DTYPES = {getattr(torch, name): name for name in DTYPES} | {torch.bfloat16: "bfloat16"}


@dataclass(frozen=True)
class Opaque:
    """Stands for a value that cannot travel, such as a generator; `type_name` is what its owner calls it."""

    type_name: str


def encode(body: Any) -> bytes:
    """One frame. Tensors are detached and moved to the CPU (the "meta" device has no data and stays itself).

    Raises WireError where the frame would pass its bounds.
    """
    buffers: list[bytes] = []
    header = json.dumps({"body": _encode(body, buffers, 0), "buffers": [len(b) for b in buffers]}).encode()
    if len(header) > MAX_HEADER or len(header) + sum(map(len, buffers)) > MAX_FRAME:
        raise WireError("the message is too large")
    return b"".join([struct.pack("<I", len(header)), header, *buffers])


def _encode(value: Any, buffers: list[bytes], depth: int) -> Any:
    if depth > MAX_DEPTH:
        return {"k": "opaque", "v": "deeply nested " + type(value).__name__}
    if value is None or type(value) in (bool, float):
        return value
    if type(value) is int and abs(value) < 2**63:
        return value
    if type(value) is str:
        return value[:MAX_TEXT]
    if isinstance(value, list):
        return [_encode(v, buffers, depth + 1) for v in value]
    if isinstance(value, torch.Tensor) and value.layout is torch.strided and value.dtype in TORCH_DTYPES:
        encoded: dict[str, Any] = {"k": "tensor", "dtype": TORCH_DTYPES[value.dtype], "shape": list(value.shape)}
        if not value.is_cpu:
            encoded["device"] = str(value.device)
        if not value.is_meta:
            _check_size(value.nbytes)
            plain = value.detach().cpu().resolve_conj().resolve_neg()
            data = (plain.view(torch.int16) if plain.dtype is torch.bfloat16 else plain).numpy()  # NumPy has none
            encoded["buffer"] = _add(buffers, data.tobytes())
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
        pairs = [[_encode(k, buffers, depth + 1), _encode(v, buffers, depth + 1)] for k, v in value.items()]
        return {"k": "dict", "v": pairs}
    if type(value) is bytes:
        return {"k": "bytes", "buffer": _add(buffers, value)}
    if isinstance(value, torch.device):
        return {"k": "device", "v": str(value)}
    return {"k": "opaque", "v": (value.type_name if isinstance(value, Opaque) else type(value).__name__)[:100]}


def _may_be_keys(keys: Collection[Any]) -> bool:
    others = [key for key in keys if type(key) is not str]  # Python salts the hash of text, and of nothing else
    return len(others) <= MAX_OTHER_KEYS and all(
        key is None or type(key) in (bool, float) or (type(key) is int and abs(key) < 2**63) for key in others
    )


def _check_size(size: int) -> None:
    if size > MAX_FRAME:
        raise WireError("the message is too large")


def _add(buffers: list[bytes], data: bytes) -> int:
    buffers.append(data)
    return len(buffers) - 1


def decode(frame: bytes | bytearray) -> Any:
    """What `encode` was given: tensors on the CPU (or "meta"), NumPy arrays, containers, `Opaque`.

    Raises WireError for anything else, and nothing but WireError.
    """
    size = header_size(bytes(frame[:4]))
    return decode_body(_parse_header(frame[4 : 4 + size]), memoryview(frame)[4 + size :])


def header_size(prefix: bytes) -> int:
    """Length in bytes of the header that follows. Raises WireError above its bound."""
    if len(prefix) != 4:
        raise WireError("a frame begins with four bytes")
    (size,) = struct.unpack("<I", prefix)
    if size > MAX_HEADER:
        raise WireError("the header is too large")
    return int(size)


def _parse_header(data: bytes | bytearray) -> dict[str, Any]:
    try:
        header = json.loads(bytes(data))
        sizes = header["buffers"]
        if set(header) != {"body", "buffers"} or type(sizes) is not list:
            raise WireError("the header has other fields")
        if not all(type(n) is int and 0 <= n <= MAX_FRAME for n in sizes) or sum(sizes) > MAX_FRAME:
            raise WireError("the buffers are too large")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WireError(f"the header is no message ({type(error).__name__})") from None
    return dict(header)


def decode_body(header: dict[str, Any], data: memoryview) -> Any:
    """The value of a parsed header and the bytes of its buffers. Raises WireError."""
    sizes = header["buffers"]
    if sum(sizes) != len(data):
        raise WireError("the buffers have another length than announced")
    try:
        return _decode(header["body"], _Buffers(sizes, data), 0)
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RuntimeError) as error:
        raise WireError(f"the body is no message ({type(error).__name__})") from None


class _Buffers:
    """The buffers of a frame. Each is had once: a large one that many values name would be copied for every one."""

    def __init__(self, sizes: list[int], data: memoryview) -> None:
        self._ends = [0, *itertools.accumulate(sizes)]
        self._had = bytearray(len(sizes))
        self._data = data

    def take(self, index: Any) -> memoryview:
        """Raises WireError for one that is not there, or no more."""
        if type(index) is not int or not 0 <= index < len(self._had) or self._had[index]:
            raise WireError("not a buffer, or one that was had before")
        self._had[index] = 1
        return self._data[self._ends[index] : self._ends[index + 1]]


def _decode(value: Any, buffers: _Buffers, depth: int) -> Any:
    if depth > MAX_DEPTH + 1:
        raise WireError("nested too deep")
    if value is None or type(value) in (bool, float) or (type(value) is int and abs(value) < 2**63):
        return value
    if type(value) is str:
        return value.encode(errors="replace").decode()  # JSON lets lone surrogates through, and no file takes them
    if type(value) is list:
        return [_decode(v, buffers, depth + 1) for v in value]
    kind = value["k"]
    if kind in ("tensor", "array"):
        return _decode_array(value, buffers)
    if kind == "dict":
        pairs = [(_decode(k, buffers, depth + 1), _decode(v, buffers, depth + 1)) for k, v in value["v"]]
        if not _may_be_keys([k for k, _ in pairs]):
            raise WireError("not the keys of a dictionary")
        return dict(pairs)
    if kind == "tuple":
        return tuple(_decode(v, buffers, depth + 1) for v in value["v"])
    if kind == "bytes":
        return bytes(buffers.take(value["buffer"]))
    if kind == "opaque" and type(value["v"]) is str:
        return Opaque(value["v"][:100])
    if kind == "device" and type(value["v"]) is str:
        return torch.device(value["v"])
    raise WireError("unknown kind of value")


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
        raise WireError("not a shape")
    device = value.get("device", "cpu")
    if device == "meta":
        return torch.empty(shape, dtype=getattr(torch, dtype), device="meta")
    if type(device) is not str or device.split(":")[0] not in ("cpu", "cuda"):
        raise WireError("unknown device")
    buffer = buffers.take(value["buffer"])
    if math.prod(shape) * np.dtype(dtype).itemsize != len(buffer):
        raise WireError("the shape does not fit the buffer")
    if dtype == "bool":  # a byte other than 0 and 1 is no bool, whatever it is called
        array = np.asarray(np.frombuffer(buffer, np.uint8).reshape(shape) != 0)
    else:
        array = np.frombuffer(buffer, dtype=dtype).reshape(shape).copy()
    return torch.from_numpy(array) if value["k"] == "tensor" else array


def send(pipe: socket.socket, body: Any, deadline: float | None = None) -> None:
    """Write one frame. `deadline`: a `time.monotonic()` value. Raises TimeoutError, OSError, WireError."""
    view = memoryview(encode(body))
    while view:
        _wait(pipe, deadline, write=True)
        view = view[pipe.send(view, 0 if deadline is None else socket.MSG_DONTWAIT) :]


def receive(pipe: socket.socket, deadline: float | None = None) -> Any:
    """Read one frame and decode it. Raises TimeoutError at the deadline (for the whole frame), EOFError, WireError."""
    header = _parse_header(_read(pipe, header_size(bytes(_read(pipe, 4, deadline))), deadline))
    return decode_body(header, memoryview(_read(pipe, sum(header["buffers"]), deadline)))


def _read(pipe: socket.socket, size: int, deadline: float | None) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        _wait(pipe, deadline, write=False)
        count = pipe.recv_into(view)
        if not count:
            raise EOFError("the other end closed the pipe")
        view = view[count:]
    return data


def _wait(pipe: socket.socket, deadline: float | None, *, write: bool) -> None:
    """Until the pipe is ready. One deadline for a whole frame: a byte now and then must not extend it."""
    if deadline is None:
        return
    ready = select.poll()  # select() fails on descriptors above 1023
    ready.register(pipe, select.POLLOUT if write else select.POLLIN)
    if not ready.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError("no answer before the deadline")
