"""The part of the shell that collects the outputs of the running cell; streams and displays write to it."""

from __future__ import annotations

import os

from IPython.core.interactiveshell import InteractiveShell

from grader.sandbox.runtime.descriptors import CapturedDescriptors
from grader.sandbox.runtime.outputs import Outputs


class CapturingShell(InteractiveShell):
    """pid: the process that captures; its forked children do not. descriptors: None before the fork."""

    pid = 0
    descriptors: CapturedDescriptors | None = None
    _outputs = Outputs(0)

    def current_outputs(self) -> Outputs:
        """The outputs of the running cell, including what has been written to descriptors 1 and 2 so far."""
        if self.descriptors and os.getpid() == self.pid:
            for name, text in self.descriptors.read():
                self._outputs.write(name, text)
        return self._outputs
