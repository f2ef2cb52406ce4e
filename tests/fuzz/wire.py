"""Fuzz the decoder of `grader.wire` with atheris: it raises nothing but WireError and its memory is bounded.

`python -m tests.fuzz wire RUNS` starts this in a separate process, because libFuzzer exits the process it runs in.
"""

from __future__ import annotations

import contextlib
import copy
import json
import random
import struct
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_FRAME = 4096  # bytes; longer frames find nothing new
# Memory limit of decoding a frame, in bytes: for any frame, and for each of its bytes. `{},` takes 24 for each byte.
MEMORY_PER_FRAME, MEMORY_PER_BYTE = 32 << 10, 100
DICTIONARY = ["k", "v", "tensor", "array", "tuple", "dict", "bytes", "device", "opaque", "dtype", "shape", "buffer",
         "buffers", "body", "float32", "bool", "complex128", "int64", "meta", "cpu", "cuda:0", "NaN", "Infinity",
         "1e999", "-1", "9223372036854775808", "2147483648", "\\ud800", "\\u0000", "[[", "]]", "{}", "null",
         "true"]  # fmt: skip


VALUES: list[Any] = [
    None, True, 0, -1, 2**31, 2**63, 10**400, 1e308, float("nan"), "", "x" * 300, "\ud800", [], [[]], {},
    {"k": "tuple"},
    *({"k": kind, "v": []} for kind in ("tuple", "dict", "opaque", "device", "tensor")), [2, 3], [0] * 17, [-1],
    [2**31 - 1] * 16, "meta", "cuda:0", "cpu", "bool", "complex128", "float16", "int64", {"k": "bytes", "buffer": 0},
    {"k": "tensor", "dtype": "float32", "shape": [1], "device": "cpu", "buffer": 0}, [[[], 1]], [["a", "b", "c"]],
    {"k": "array", "dtype": "bool", "shape": [], "buffer": 0}, {"k": "device", "v": "cuda:999999999999"},
]  # fmt: skip


def seeds() -> list[bytes]:
    """Valid frames with values of every kind."""
    import numpy as np
    import torch

    from grader import wire

    bodies: list[Any] = [
        None, True, 1.5, -7, "text", [1, [2, (3,)]], {"a": {1: None}, 2.5: "x"}, {(1, 2): "x"}, b"bytes",
        torch.device("cuda:0"),
        torch.arange(6.0).reshape(2, 3), torch.tensor(True), torch.zeros(0, 3), torch.ones(2, device="meta"),
        torch.tensor([1 + 2j]), np.arange(3), np.float64(2.5), np.array([True, False]), object(),
        {"value": torch.ones(2), "inputs": [torch.ones(2)], "gradients": [None], "parameters": []},
        {"raised": {"name": "ValueError", "message": "x", "line": "y"}}, {"shown": "{}", "count": 1},
    ]  # fmt: skip
    return [wire.encode(body) for body in bodies]


def frame_of(data: bytes) -> bytes:
    """The frame of a fuzz input: `r` and a raw frame, or `h`, a header, a zero byte and buffers.

    The second kind gets the right length of its header, which random mutations rarely produce.
    """
    if data[:1] != b"h":
        return data[1:]
    header, _, buffers = data[1:].partition(b"\0")
    return struct.pack("<I", len(header)) + header + buffers


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A mutated fuzz input: parts of the header's JSON are replaced, moved, repeated or deleted."""
    try:
        header, _, buffers = data[1:].partition(b"\0") if data[:1] == b"h" else (b"{}", b"", b"")
        message = json.loads(header)
    except (ValueError, RecursionError):
        message, buffers = {"body": None, "buffers": []}, b""
    places = list(_places(message))
    for _ in range(rng.randint(1, 4)):
        if not places:
            break
        holder, key = rng.choice(places)
        other, place = rng.choice(places)
        if not _holds(holder, key) or not _holds(other, place):
            continue
        match rng.randrange(4):
            case 0:
                holder[key] = rng.choice(VALUES)
            case 1:
                holder[key] = copy.deepcopy(other[place])
            case 2:
                del holder[key]
            case 3:
                holder[key] = [holder[key]] * rng.randrange(3)
    if rng.random() < 0.5 and isinstance(message, dict):
        buffers = rng.randbytes(rng.choice([0, 1, 4, 8, 24, 48, 300]))
        message["buffers"] = [len(buffers)] if rng.random() < 0.7 else [0, len(buffers), 0]
    return b"h" + json.dumps(message).encode() + b"\0" + buffers


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


def _holds(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def run(runs: int) -> int:
    """Fuzz with so many frames → exit status, 0 if nothing was found."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(seeds()):
            (size,) = struct.unpack("<I", seed[:4])
            (corpus / f"raw{number}").write_bytes(b"r" + seed)
            (corpus / f"header{number}").write_bytes(b"h" + seed[4 : 4 + size] + b"\0" + seed[4 + size :])
        words = Path(folder, "words")
        words.write_text("".join(f"{json.dumps(word)}\n" for word in DICTIONARY))
        options = [f"-runs={runs}", f"-max_len={MAX_FRAME}", f"-dict={words}", "-seed=1", f"-artifact_prefix={folder}/"]
        command = [sys.executable, "-m", "tests.fuzz.wire", *options, str(corpus)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        lines = done.stderr.splitlines()
        found = sorted(path.read_bytes() for path in Path(folder).glob("crash-*"))
    summary = [line for line in lines if "DONE" in line] + [line for line in lines if line.startswith("worst")][-1:]
    print(*(summary if not done.returncode else lines[-40:]), sep="\n")
    print(f"{runs} frames: {'nothing' if not done.returncode else found or 'a failure'} found")
    return done.returncode


def main() -> None:
    """The fuzz loop, in the separate process."""
    import atheris

    with atheris.instrument_imports(include=["grader.wire", "json.decoder", "json.scanner"]):
        from grader import wire

    worst = 0.0

    def one(data: bytes) -> None:
        nonlocal worst
        frame = frame_of(data)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        with contextlib.suppress(wire.WireError):
            wire.decode(frame)
        used = tracemalloc.get_traced_memory()[1] - before
        if used > MEMORY_PER_FRAME + MEMORY_PER_BYTE * len(frame):
            raise MemoryError(f"{used} bytes for a frame of {len(frame)}")
        if used > worst:
            worst = used
            print(f"worst: {used} bytes of memory for a frame of {len(frame)} bytes", file=sys.stderr)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        return mutated(data, rng)[:most] if rng.random() < 0.8 else bytes(atheris.Mutate(data, most))

    for seed in seeds():
        wire.decode(seed)  # imports and caches of the first use are not counted
    tracemalloc.start()
    atheris.Setup(sys.argv, one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
