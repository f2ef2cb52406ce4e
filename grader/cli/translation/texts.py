"""The file with a translator's texts of one notebook: Markdown, a section for each cell with words.

    <!-- cell: mean_squared_error 1f0c9a3e -->
    ## 2. Mean squared error

    <!-- cell: mse_values -->
    クラス数 2 で割る
    : divide by the number of classes, 2

The section of a text is the translation; the digest of the original shows whether that has changed since. The section
of code is a list of its Japanese lines, each followed by its translation; at either end of these, ␣ is a space.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grader.errors import UserError

HEADING = re.compile(r"^<!-- cell: (?P<cell>[\w-]+)(?: (?P<digest>[0-9a-f]{8}))? -->\n", re.MULTILINE)
SPACE = "␣"


@dataclass(frozen=True)
class Section:
    """One cell. text: as it stands in the file. digest: of the original; "" where it is code, or not translated."""

    text: str
    digest: str = ""

    def pairs(self) -> dict[str, str]:
        """Of code: original → translation. Raises UserError."""
        found = {}
        for pair in filter(None, re.split(r"\n\s*\n", self.text.strip())):
            original, separator, translation = pair.partition("\n:")
            if not separator or "\n" in translation:
                raise UserError(f"not a line and its translation below a colon: {pair!r}")
            found[_spaced(original)] = _spaced(translation.strip())
        return found


def section_of_code(pairs: Mapping[str, str]) -> Section:
    """original → translation, as a section."""
    return Section("\n\n".join(f"{_marked(one)}\n: {_marked(other)}".rstrip() for one, other in pairs.items()))


def read_sections(content: str) -> dict[str, Section]:
    """The sections of a file, by cell."""
    _, *parts = HEADING.split(content)
    return {parts[i]: Section(parts[i + 2].strip("\n"), parts[i + 1] or "") for i in range(0, len(parts), 3)}


def written(sections: Mapping[str, Section], cells: Iterable[str]) -> str:
    """A file of sections, in the order of the notebook's cells; sections of other cells come last."""
    order = [*(cell for cell in cells if cell in sections), *sorted(set(sections) - set(cells))]
    headings = {cell: " ".join(filter(None, (cell, sections[cell].digest))) for cell in order}
    return "\n\n".join(f"<!-- cell: {headings[cell]} -->\n{sections[cell].text}" for cell in order) + "\n"


def digest_of(text: str) -> str:
    """Of an original."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _spaced(line: str) -> str:
    return line.replace(SPACE, " ")


def _marked(line: str) -> str:
    start, end = len(line) - len(line.lstrip(" ")), len(line.rstrip(" "))
    return SPACE * start + line[start:end] + SPACE * (len(line) - end)
