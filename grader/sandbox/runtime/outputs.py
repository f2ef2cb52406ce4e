"""Collect the outputs of one cell as a notebook file stores them, and limit their size as they arrive. No IPython here.

Standard output and standard error are buffered separately and flushed in that order before anything else is shown, as a
kernel does within its flush interval. No clock is read, so the same cell always gives the same outputs.
"""

from __future__ import annotations

import io
import json
import math
import numbers
import threading
from base64 import b64encode
from collections.abc import Collection, Iterable
from types import TracebackType
from typing import Any, TypeAlias

Output: TypeAlias = dict[str, Any]  # one output of a notebook file

TRUNCATED_NOTE = "出力が多いので、ここで打ち切りました"
OUTPUT_OVERHEAD_BYTES = 500  # charged per output besides its content; otherwise a loop of empty displays fills memory
ERROR_RESERVE_BYTES = 1 << 20  # kept free for tracebacks: after too much output, the error must still be shown
MAX_TRACEBACK_ENTRIES = 40  # per traceback, half from each end; IPython shortens plain recursion itself
MAX_FRAMES = 30  # from each end of a traceback before it is formatted: formatting takes 8 ms per frame
MAX_ENTRY_CHARACTERS = 4_000  # of one entry or message, half from each end; 40 of them fit into ERROR_RESERVE_BYTES


class Outputs:
    """The outputs of one cell."""

    def __init__(self, limit: int, earlier_display_ids: Collection[str] = ()) -> None:
        """limit: bytes. earlier_display_ids: those that earlier cells have shown."""
        self.displays: dict[int, str] = {}  # index of an output → its display id
        self._limit = limit
        self._earlier_display_ids = earlier_display_ids
        self._shown: list[Output] = []  # a stream's text is a StringIO until `take`
        self._sizes: list[int] = []
        self._updates: dict[str, tuple[dict[str, Any], int]] = {}
        self._pending = {"stdout": io.StringIO(), "stderr": io.StringIO()}
        self._used = 0
        self._full = self._clear_next = False
        self._lock = threading.RLock()  # re-entrant: a student's signal handler may print while it is held

    def write(self, name: str, text: str) -> None:
        """Buffer text for the stream `name` until the next flush."""
        with self._lock:
            if text and self._clear_next:
                self._clear()
            if self._full:
                return
            free = max(0, self._limit - self._used)
            raw = text[: free + 1].encode("utf-8", "replace")  # a notebook file cannot hold lone surrogates
            self._used += len(raw)
            self._pending[name].write(raw[:free].decode("utf-8", "ignore"))
            if len(raw) > free:
                self._overflow(name)

    def flush(self, *names: str) -> None:
        """Move buffered text of these streams (none given: all) to the outputs, standard output first."""
        with self._lock:
            for name in names or self._pending:
                text = self._pending[name].getvalue()
                if not text:
                    continue
                self._pending[name] = io.StringIO()
                if self._shown and self._shown[-1].get("name") == name:
                    self._shown[-1]["text"].write(text)
                    continue
                buffer = io.StringIO()
                buffer.write(text)
                self._used += OUTPUT_OVERHEAD_BYTES
                self._append({"output_type": "stream", "name": name, "text": buffer}, 0)

    def show(self, output: Output, display_id: str | None = None) -> None:
        """Add a display, a result or an error. Raises TypeError, ValueError or RecursionError if it is not JSON."""
        output, size = to_json(output)
        with self._lock:
            self.flush()
            if self._clear_next:
                self._clear()
            if display_id:
                self._replace(display_id, output, size)
            reserve = ERROR_RESERVE_BYTES if output["output_type"] == "error" else 0
            if not self._charge(size + OUTPUT_OVERHEAD_BYTES, reserve):
                return
            if display_id:
                self.displays[len(self._shown)] = display_id
            self._append(output, size + OUTPUT_OVERHEAD_BYTES)

    def update(self, display_id: str, data: object, metadata: object) -> None:
        """Replace the content of every display of that id. Unknown ids are ignored. Raises as `show`."""
        update, size = to_json({"data": data, "metadata": metadata})
        with self._lock:
            self.flush()
            self._replace(display_id, update, size)

    def clear(self, wait: bool) -> None:
        """`clear_output`: now, or with `wait` just before the next output."""
        with self._lock:
            self.flush()
            self._clear_next = wait
            if not wait:
                self._clear()

    def take(self) -> tuple[list[Output], list[dict[str, Any]]]:
        """The outputs, and the updates of displays of earlier cells, as JSON."""
        with self._lock:
            self.flush()
            streams = [o | {"text": apply_overwrites(o["text"].getvalue())} if "text" in o else o for o in self._shown]
            return streams, [update for update, _ in self._updates.values()]

    def _append(self, output: Output, size: int) -> None:
        self._shown.append(output)
        self._sizes.append(size)

    def _replace(self, display_id: str, new: dict[str, Any], size: int) -> None:
        content = {"data": new["data"], "metadata": new["metadata"]}
        for index in [i for i, known in self.displays.items() if known == display_id]:
            if self._charge(size + OUTPUT_OVERHEAD_BYTES - self._sizes[index]):
                self._shown[index] |= content
                self._sizes[index] = size + OUTPUT_OVERHEAD_BYTES
        _, old = self._updates.get(display_id, ({}, 0))
        if display_id in self._earlier_display_ids and self._charge(size + OUTPUT_OVERHEAD_BYTES - old):
            self._updates[display_id] = ({"display_id": display_id, **content}, size + OUTPUT_OVERHEAD_BYTES)

    def _charge(self, size: int, reserve: int = 0) -> bool:
        """Count `size` more bytes if they fit into the limit plus `reserve`. → whether they fit."""
        if (self._full and not reserve) or self._used + size > self._limit + reserve:
            if not self._full:
                self._overflow("stdout")
                self.flush()
            return False
        self._used += size
        return True

    def _overflow(self, name: str) -> None:
        self._full = True
        self._pending[name].write(f"\n{TRUNCATED_NOTE}\n")

    def _clear(self) -> None:
        self._shown, self._sizes, self.displays = [], [], {}
        self._used = sum(size for _, size in self._updates.values())
        self._full = self._clear_next = False


def error_output(name: str, message: str, traceback: Iterable[object]) -> Output:
    """An error as in a notebook file, with the middle of long parts left out."""
    entries = [truncate(str(entry)) for entry in traceback]
    if len(entries) > MAX_TRACEBACK_ENTRIES:
        entries[MAX_TRACEBACK_ENTRIES // 2 : -MAX_TRACEBACK_ENTRIES // 2] = ["…"]
    return {"output_type": "error", "ename": truncate(name), "evalue": truncate(message), "traceback": entries}


def shorten_traceback(frames: TracebackType | None) -> TracebackType | None:
    """The first and the last MAX_FRAMES frames of a traceback."""
    chain = []
    while frames:
        chain.append(frames)
        frames = frames.tb_next
    end = None
    for frame in reversed(chain[:MAX_FRAMES] + chain[max(MAX_FRAMES, len(chain) - MAX_FRAMES) :]):
        end = TracebackType(end, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return end


def truncate(text: str, length: int = MAX_ENTRY_CHARACTERS) -> str:
    """`text`, or its two ends if it is longer than `length` characters."""
    return text if len(text) <= length else text[: length // 2] + " … " + text[-length // 2 :]


def to_json(value: object) -> tuple[Any, int]:
    """`value` as plain JSON types, and its size in bytes. Raises TypeError, ValueError or RecursionError."""
    raw = json.dumps(value, ensure_ascii=False, default=_default).encode("utf-8", "replace")
    return json.loads(raw, parse_constant=lambda constant: repr(float(constant))), len(raw)


def _default(value: object) -> object:
    """Convert the most common values that are not JSON in the same way as a kernel."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return b64encode(value).decode()
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value) if math.isfinite(value) else repr(float(value))
    if isinstance(value, Iterable):
        return list(value)
    raise ValueError(f"Can't clean for JSON: {value!r}")


def apply_overwrites(text: str) -> str:
    """`text` after carriage returns and backspaces, as a terminal would show it. Takes linear time."""
    if "\r" not in text and "\b" not in text:
        return text
    return "\n".join(map(_overwrite_line, text.split("\n")))


def _overwrite_line(line: str) -> str:
    if "\b" in line:
        kept: list[str] = []
        for character in line:
            if character != "\b":
                kept.append(character)
            elif kept:
                kept.pop()
        line = "".join(kept)
    end = "\r" if line.endswith("\r") else ""  # before a line end or last, it overwrites nothing yet
    return line.removesuffix("\r").rpartition("\r")[2] + end
