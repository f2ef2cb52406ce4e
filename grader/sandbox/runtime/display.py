"""The shell's counterparts of a kernel's streams, display and results: whatever they are given ends in `Outputs`."""

# mypy: disable-error-code="no-untyped-call"
# (IPython is typed in part only.)
from __future__ import annotations

import io
import os
import zlib
from typing import TYPE_CHECKING, Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher

from grader.sandbox.runtime.descriptors import STREAMS

if TYPE_CHECKING:
    from grader.sandbox.runtime.shell import Shell


class OutStream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr`, named as in a kernel because error messages show it."""

    encoding = "UTF-8"

    def __init__(self, name: str, shell: Shell) -> None:
        self.name = name
        self._shell = shell

    def write(self, text: str) -> int:
        """Add `text` to the cell's outputs; a forked child sends it through the descriptor that it shares with us."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if os.getpid() == self._shell.pid:
            self._shell.gather().write(self.name, text)
        else:
            os.write(STREAMS[self.name], text.encode("utf-8", "replace"))
        return len(text)

    def flush(self) -> None:
        self._shell.gather().flush(self.name)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        if self._shell.descriptors is None:
            raise io.UnsupportedOperation("fileno")
        return self._shell.descriptors.null


class Compiler(CachingCompiler):
    """Gives a cell a file name like a kernel's: for one in angle brackets, tracebacks show other lines and colours."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"/tmp/ipykernel_{os.getpid()}/{zlib.crc32(raw_code.encode('utf-8', 'replace'))}.py"


class Publisher(DisplayPublisher):
    """Where `display`, figures and `clear_output` go."""

    shell: Shell

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        metadata = {} if metadata is None else metadata
        self._validate_data(data, metadata)
        display_id = (transient or {}).get("display_id")
        outputs = self.shell.gather()
        if update:
            outputs.update(str(display_id), data, metadata)
        else:
            output = {"output_type": "display_data", "data": data, "metadata": metadata}
            outputs.show(output, str(display_id) if display_id else None)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.gather().clear(wait)


class Hook(DisplayHook):
    """Where the value of a cell's last line goes."""

    shell: Shell

    def start_displayhook(self) -> None:
        self.shell.displaying = True

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        output = {"output_type": "execute_result", "execution_count": self.prompt_count, "data": format_dict}
        self.shell.gather().show({**output, "metadata": md_dict or {}})

    def finish_displayhook(self) -> None:
        self.shell.displaying = False
