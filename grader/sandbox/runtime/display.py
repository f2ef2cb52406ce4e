"""The shell's replacements of a kernel's streams, display publisher and result hook: all output goes to `Outputs`."""

# mypy: disable-error-code="no-untyped-call"
# (IPython has only partial type hints.)
from __future__ import annotations

import io
import os
import zlib
from collections.abc import Mapping

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher

from grader.sandbox.runtime.capture import CapturingShell
from grader.sandbox.runtime.descriptors import STREAM_DESCRIPTORS


class OutStream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr`. The class is named as in a kernel, because error messages show the name."""

    encoding = "UTF-8"

    def __init__(self, name: str, shell: CapturingShell) -> None:
        self.name = name
        self._shell = shell

    def write(self, text: str) -> int:
        """Add `text` to the cell's outputs. A forked child writes to the descriptor instead, which is shared."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if os.getpid() == self._shell.pid:
            self._shell.current_outputs().write(self.name, text)
        else:
            os.write(STREAM_DESCRIPTORS[self.name], text.encode("utf-8", "replace"))
        return len(text)

    def flush(self) -> None:
        self._shell.current_outputs().flush(self.name)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        if self._shell.descriptors is None:
            raise io.UnsupportedOperation("fileno")
        return self._shell.descriptors.null


class CellCompiler(CachingCompiler):
    """Names a cell's file as a kernel does. With a name in angle brackets, tracebacks show other lines and colours."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"/tmp/ipykernel_{os.getpid()}/{zlib.crc32(raw_code.encode('utf-8', 'replace'))}.py"


class OutputPublisher(DisplayPublisher):
    """Receives `display`, figures and `clear_output`."""

    shell: CapturingShell

    def publish(
        self,
        data: dict[str, object],
        metadata: dict[str, object] | None = None,
        source: object = None,
        *,
        transient: Mapping[str, object] | None = None,
        update: bool = False,
        **kwargs: object,
    ) -> None:
        metadata = {} if metadata is None else metadata
        self._validate_data(data, metadata)
        display_id = (transient or {}).get("display_id")
        outputs = self.shell.current_outputs()
        if update:
            outputs.update(str(display_id), data, metadata)
        else:
            output = {"output_type": "display_data", "data": data, "metadata": metadata}
            outputs.show(output, str(display_id) if display_id else None)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.current_outputs().clear(wait)


class ResultHook(DisplayHook):
    """Receives the value of a cell's last expression."""

    shell: CapturingShell

    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Mapping[str, object], md_dict: Mapping[str, object] | None = None) -> None:
        output = {"output_type": "execute_result", "execution_count": self.prompt_count, "data": format_dict}
        self.shell.current_outputs().show({**output, "metadata": md_dict or {}})

    def finish_displayhook(self) -> None:
        pass
