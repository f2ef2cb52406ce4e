"""The codec of messages: what it encodes comes back, and anything else is a WireError."""

from __future__ import annotations

import json
import math
import socket
import struct
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grader import wire
from grader.errors import WireError

SCALARS = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.text(max_size=20)
BODIES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def frame(header: Any, *buffers: bytes) -> bytes:
    """A frame with any header, as an attacker may build it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + b"".join(buffers)


@given(BODIES)
def test_json_values_come_back(body: Any) -> None:
    assert wire.decode(wire.encode({"body": body})) == {"body": body}


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool]
)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (2, 0, 3)])
def test_tensors_come_back(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = (torch.arange(math.prod(shape)).reshape(shape) % 2).to(dtype)
    back = wire.decode(wire.encode(tensor))
    assert back.dtype == dtype
    assert back.shape == tensor.shape
    assert torch.equal(back, tensor)


def test_other_values_come_back() -> None:
    array = np.array([[1.5, np.inf]], dtype=np.float32)
    meta, back, device, raw, pair = wire.decode(
        wire.encode([torch.empty(2, 3, device="meta"), array, torch.device("cuda:0"), b"\x00\xff", (1, "a")])
    )
    assert meta.device.type == "meta"
    assert meta.shape == (2, 3)
    assert np.array_equal(back, array)
    assert (device, raw, pair) == (torch.device("cuda:0"), b"\x00\xff", (1, "a"))


def test_gradients_and_strides_are_dropped() -> None:
    tensor = torch.arange(6.0).reshape(2, 3).requires_grad_().t()
    assert torch.equal(wire.decode(wire.encode(tensor)), tensor.detach())


def test_a_value_that_cannot_be_encoded_becomes_its_type_name() -> None:
    generator = (i for i in [1])
    assert wire.decode(wire.encode({"value": generator})) == {"value": wire.Opaque("generator")}
    assert wire.decode(wire.encode([2**70, torch.nn.ReLU()])) == [wire.Opaque("int"), wire.Opaque("ReLU")]


@pytest.mark.parametrize(
    "value",
    [{None: 1, True: 2, -7: 3, 1.5: 4, "a": 5}, {str(n): n for n in range(20_000)}, dict.fromkeys(range(1000), "x")],
)
def test_dictionaries_come_back(value: dict[Any, Any]) -> None:
    assert wire.decode(wire.encode(value)) == value


@pytest.mark.parametrize(
    "value",
    [{(1, 2): 1}, {2**63: 1}, {torch.device("cpu"): 1}, {np.int64(1): 1}, {b"a": 1}, dict.fromkeys(range(1001))],
)
def test_a_dictionary_with_other_keys_is_opaque(value: dict[Any, Any]) -> None:
    """Its keys might collide. An honest answer that contains one is wrong, but the process is not killed."""
    assert wire.decode(wire.encode([value])) == [wire.Opaque("dict")]


def test_endless_nesting_is_cut() -> None:
    nested: list[Any] = []
    nested.append(nested)
    value = wire.decode(wire.encode(nested))
    while isinstance(value, list):
        value = value[0]
    assert isinstance(value, wire.Opaque)


TENSOR = {"k": "tensor", "dtype": "float32", "shape": [2], "device": "cpu", "buffer": 0}
BAD: dict[str, bytes] = {
    "empty": b"",
    "a huge header": struct.pack("<I", 2**32 - 1) + b"{}",
    "not JSON": frame(b"\xff\xfe"),
    "deep JSON": frame(b"[" * 100_000 + b"]" * 100_000),
    "a list": frame([]),
    "no buffers": frame({"body": 1}),
    "another field": frame({"body": 1, "buffers": [], "more": 1}),
    "negative size": frame({"body": 1, "buffers": [-1]}),
    "a float size": frame({"body": 1, "buffers": [1.0]}),
    "sizes with a sum that is too large": frame({"body": 1, "buffers": [wire.MAX_FRAME, wire.MAX_FRAME]}),
    "a missing buffer": frame({"body": 1, "buffers": [4]}),
    "extra bytes": frame({"body": 1, "buffers": []}, b"x"),
    "unknown kind": frame({"body": {"k": "pickle", "v": "x"}, "buffers": []}),
    "no kind": frame({"body": {}, "buffers": []}),
    "kind of another type": frame({"body": {"k": []}, "buffers": []}),
    "unknown dtype": frame({"body": {**TENSOR, "dtype": "object"}, "buffers": [8]}, b"\0" * 8),
    "negative shape": frame({"body": {**TENSOR, "shape": [-1]}, "buffers": [8]}, b"\0" * 8),
    "huge shape": frame({"body": {**TENSOR, "shape": [2**62, 0]}, "buffers": [8]}, b"\0" * 8),
    "shape and buffer of different sizes": frame({"body": {**TENSOR, "shape": [3]}, "buffers": [8]}, b"\0" * 8),
    "many dimensions": frame({"body": {**TENSOR, "shape": [1] * 1000}, "buffers": [4]}, b"\0" * 4),
    "index of a buffer that does not exist": frame({"body": {**TENSOR, "buffer": 5}, "buffers": [8]}, b"\0" * 8),
    "negative index of a buffer": frame({"body": {**TENSOR, "buffer": -1}, "buffers": [8]}, b"\0" * 8),
    "unknown device": frame({"body": {**TENSOR, "device": "disk"}, "buffers": [8]}, b"\0" * 8),
    "a list as a key": frame({"body": {"k": "dict", "v": [[[], 1]]}, "buffers": []}),
    "a tuple as a key": frame({"body": {"k": "dict", "v": [[{"k": "tuple", "v": [1]}, 1]]}, "buffers": []}),
    "a device as a key": frame({"body": {"k": "dict", "v": [[{"k": "device", "v": "cpu"}, 1]]}, "buffers": []}),
    "many numbers as keys": frame(
        {"body": {"k": "dict", "v": [[n, 1] for n in range(wire.MAX_OTHER_KEYS + 1)]}, "buffers": []}
    ),
    "a dictionary entry without a value": frame({"body": {"k": "dict", "v": [[1]]}, "buffers": []}),
    "unknown torch device": frame({"body": {"k": "device", "v": "no device"}, "buffers": []}),
    "a huge number": frame(b'{"body": ' + b"9" * 5000 + b', "buffers": []}'),
    "a number past 64 bits": frame(b'{"body": ' + b"9" * 30 + b', "buffers": []}'),
    "nested lists": frame(b'{"body": ' + b"[" * 40 + b"]" * 40 + b', "buffers": []}'),
    "nested containers": frame(
        b'{"body": ' + b'{"k": "tuple", "v": [' * 40 + b"]}" * 40 + b', "buffers": []}',
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_frame_is_a_wire_error(name: str) -> None:
    with pytest.raises(WireError):
        wire.decode(BAD[name])


@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 255))
def test_random_bytes_are_a_wire_error_or_a_value(noise: bytes, place: int, byte: int) -> None:
    """Random bytes, and a valid frame with one byte changed."""
    valid = bytearray(wire.encode({"value": torch.ones(2, 2), "gradients": [None, torch.zeros(3)], "text": "あ"}))
    valid[place % len(valid)] = byte
    for data in (noise, bytes(valid)):
        try:
            wire.decode(data)
        except WireError:
            continue


def test_a_header_that_announces_too_much_allocates_nothing() -> None:
    """A frame of 40 bytes that announces buffers of more than 64 MB is refused before any memory is allocated."""
    receiver, sender = socket.socketpair()
    with receiver, sender:
        sender.sendall(frame({"body": 1, "buffers": [wire.MAX_FRAME + 1]}))
        tracemalloc.start()
        with pytest.raises(WireError):
            wire.receive(receiver, time.monotonic() + 5)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 1 << 20


def test_lone_surrogates_are_replaced() -> None:
    assert wire.decode(frame(b'{"body": "\\ud800", "buffers": []}')).encode() == b"?"


def test_the_deadline_holds_for_a_whole_frame() -> None:
    receiver, sender = socket.socketpair()
    with receiver, sender:
        sender.sendall(b"\x10\x00")
        with pytest.raises(TimeoutError):
            wire.receive(receiver, time.monotonic() + 0.05)


def test_a_deadline_may_be_put_off_in_the_middle_of_a_frame() -> None:
    """Nothing of the frame is lost."""
    receiver, sender = socket.socketpair()
    seconds = iter([0.01, 0.05, 0.01])
    message = wire.encode([1, 2])

    def put_off() -> float:
        left = next(seconds, 10.0)
        if left == 10.0:
            sender.send(message[5:])
        return left

    with receiver, sender:
        sender.send(message[:5])
        assert wire.receive(receiver, put_off) == [1, 2]


def test_sending_to_a_process_that_does_not_read_times_out() -> None:
    sender, receiver = socket.socketpair()
    with sender, receiver, pytest.raises(TimeoutError):
        wire.send(sender, {"files": [b"\0" * (8 << 20)]}, time.monotonic() + 0.05)


def test_a_closed_pipe_is_an_eof_error() -> None:
    receiver, sender = socket.socketpair()
    with receiver:
        sender.sendall(b"\x10\x00\x00\x00{")
        sender.close()
        with pytest.raises(EOFError):
            wire.receive(receiver, time.monotonic() + 5)
