"""What one cell shows: kept as a notebook file keeps it, and bounded while it is made. Knows nothing of IPython.

Standard output and standard error are buffered apart and flushed in that order before anything else is shown, as a
kernel does within its flush interval; but no clock is read here, so the same cell always gives the same outputs.
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
from typing import Any

NOTE = "出力が多いので、ここで打ち切りました"
ITEM = 500  # bytes that an output costs beside its content: without it, a loop of empty displays would fill the memory
ERRORS = 1 << 20  # bytes kept free for tracebacks: after too much output, the error must still be seen
TRACEBACK = 40  # entries kept of one traceback, half from each end; IPython folds recursion itself
FRAMES = 30  # of a traceback before it is formatted, from each end: a frame costs 8 ms there
ENTRY = 4_000  # characters kept of one entry and of the message, half from each end; 40 of them always fit into ERRORS


class Outputs:
    """The outputs of one cell. `earlier`: the display ids that earlier cells have shown."""

    def __init__(self, limit: int, earlier: Collection[str] = ()) -> None:
        self.displays: dict[int, str] = {}  # index of an output → its display id
        self._limit = limit
        self._earlier = earlier
        self._shown: list[dict[str, Any]] = []  # a stream's text is a StringIO until `take`
        self._sizes: list[int] = []
        self._updates: dict[str, tuple[dict[str, Any], int]] = {}
        self._pending = {"stdout": io.StringIO(), "stderr": io.StringIO()}
        self._used = 0
        self._full = self._clear_next = False
        self._lock = threading.RLock()  # re-entrant: a signal handler of the student's may print while we hold it

    def write(self, name: str, text: str) -> None:
        """Text for the stream `name`; shown with the next flush."""
        with self._lock:
            if text and self._clear_next:
                self._clear()
            if self._full:
                return
            room = max(0, self._limit - self._used)
            raw = text[: room + 1].encode("utf-8", "replace")  # lone surrogates fit in no notebook file
            self._used += len(raw)
            self._pending[name].write(raw[:room].decode("utf-8", "ignore"))
            if len(raw) > room:
                self._overflow(name)

    def flush(self, *names: str) -> None:
        """Show what is pending, standard output first."""
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
                self._used += ITEM
                self._append({"output_type": "stream", "name": name, "text": buffer}, 0)

    def show(self, output: dict[str, Any], display_id: str | None = None) -> None:
        """A display, a result or an error. Raises TypeError or ValueError where it is not JSON."""
        output, size = plain(output)
        with self._lock:
            self.flush()
            if self._clear_next:
                self._clear()
            if display_id:
                self._replace(display_id, output, size)
            spare = ERRORS if output["output_type"] == "error" else 0
            if not self._fits(size + ITEM, spare):
                return
            if display_id:
                self.displays[len(self._shown)] = display_id
            self._append(output, size + ITEM)

    def update(self, display_id: str, data: Any, metadata: Any) -> None:
        """New content for every display of that id; unknown ones are ignored."""
        update, size = plain({"data": data, "metadata": metadata})
        with self._lock:
            self.flush()
            self._replace(display_id, update, size)

    def clear(self, wait: bool) -> None:
        """`clear_output`: at once, or just before the next output, so never if none comes."""
        with self._lock:
            self.flush()
            self._clear_next = wait
            if not wait:
                self._clear()

    def take(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The outputs and the updates to displays of earlier cells, as JSON."""
        with self._lock:
            self.flush()
            streams = [o | {"text": overwrite(o["text"].getvalue())} if "text" in o else o for o in self._shown]
            return streams, [update for update, _ in self._updates.values()]

    def _append(self, output: dict[str, Any], size: int) -> None:
        self._shown.append(output)
        self._sizes.append(size)

    def _replace(self, display_id: str, new: dict[str, Any], size: int) -> None:
        content = {"data": new["data"], "metadata": new["metadata"]}
        for index in [i for i, known in self.displays.items() if known == display_id]:
            if self._fits(size + ITEM - self._sizes[index]):
                self._shown[index] |= content
                self._sizes[index] = size + ITEM
        _, old = self._updates.get(display_id, ({}, 0))
        if display_id in self._earlier and self._fits(size + ITEM - old):
            self._updates[display_id] = ({"display_id": display_id, **content}, size + ITEM)

    def _fits(self, size: int, spare: int = 0) -> bool:
        """Whether `size` more bytes may be kept; they are counted if so."""
        if (self._full and not spare) or self._used + size > self._limit + spare:
            if not self._full:
                self._overflow("stdout")
                self.flush()
            return False
        self._used += size
        return True

    def _overflow(self, name: str) -> None:
        self._full = True
        self._pending[name].write(f"\n{NOTE}\n")

    def _clear(self) -> None:
        self._shown, self._sizes, self.displays = [], [], {}
        self._used = sum(size for _, size in self._updates.values())
        self._full = self._clear_next = False


def error_output(name: str, message: str, traceback: Iterable[Any]) -> dict[str, Any]:
    """An error as a notebook has it, its parts cut to a length that anyone can read."""
    entries = [cut(str(entry), ENTRY) for entry in traceback]
    if len(entries) > TRACEBACK:
        entries[TRACEBACK // 2 : -TRACEBACK // 2] = ["…"]
    return {"output_type": "error", "ename": cut(name, ENTRY), "evalue": cut(message, ENTRY), "traceback": entries}


def shorten(frames: TracebackType | None) -> TracebackType | None:
    """A traceback of at most 2 * FRAMES frames, from its two ends."""
    chain = []
    while frames:
        chain.append(frames)
        frames = frames.tb_next
    end = None
    for frame in reversed(chain[:FRAMES] + chain[max(FRAMES, len(chain) - FRAMES) :]):
        end = TracebackType(end, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return end


def cut(text: str, length: int) -> str:
    """`text`, or its two ends."""
    return text if len(text) <= length else text[: length // 2] + " … " + text[-length // 2 :]


def plain(value: Any) -> tuple[Any, int]:
    """`value` as JSON's own types, and its size in bytes. Raises TypeError, ValueError or RecursionError."""
    raw = json.dumps(value, ensure_ascii=False, default=_default).encode("utf-8", "replace")
    return json.loads(raw, parse_constant=lambda constant: repr(float(constant))), len(raw)


def _default(value: Any) -> Any:
    """What a kernel makes of the commonest values that are not JSON."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return b64encode(value).decode()
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value) if math.isfinite(value) else repr(float(value))
    if isinstance(value, Iterable):
        return list(value)
    raise ValueError(f"Can't clean for JSON: {value!r}")


def overwrite(text: str) -> str:
    """`text` as it stands after its carriage returns and backspaces, in time linear in its length."""
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
    end = "\r" if line.endswith("\r") else ""  # before a newline, or last: it overwrites nothing yet
    return line.removesuffix("\r").rpartition("\r")[2] + end
