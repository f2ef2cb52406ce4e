"""Show the figures as tables, on the terminal and in docs/performance.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Console
from rich.table import Table as RichTable

from tests.bench.parts import ANSWERS, CELLS, JUDGING, PARTS, STARTING
from tests.bench.walls import BOTH, INNER, NONE

Figures = dict[str, float]
STOCK, TUNED, TWO, OURS = "nbgrader", "nbgrader, tuned", "two nbgraders, tuned", "ours"
SAVING, CELLS_ALONE, FLOOR = "nbgrader's saving", "students' cells alone", "floor"
FASTER, FASTER_THAN_TWO = "ours / nbgrader", "ours / two nbgraders"
MEMORY, SUBMISSIONS = "memory/", "submissions"


@dataclass(frozen=True)
class Table:
    """Rows of text; the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def shown(self) -> RichTable:
        """The table for a terminal."""
        table = RichTable(title=self.title, title_justify="left")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        return table

    @property
    def markdown(self) -> str:
        """The table in Markdown."""
        head = [self.columns, ("---", *["--:"] * (len(self.columns) - 1))]
        return "\n".join("| " + " | ".join(row) + " |" for row in [*head, *self.rows])


def publish(
    figures: Figures,
    profiles: Mapping[str, Mapping[str, float]],
    classes: Table,
    machine: str,
    path: Path,
    console: Console,
) -> None:
    """Print the tables and write the page. profiles: process → package → share of CPU time. classes: whole ones."""
    tables = {
        "targets": targets(figures),
        "speed": speed(figures),
        "classes": classes,
        "split": split(figures),
        "walls": walls(figures),
        "profiles": profiled(profiles),
    }
    for table in tables.values():
        console.print(table.shown())
    console.print(machine, highlight=False)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    page = environment.get_template("performance.md.j2")
    path.write_text(page.render(tables=tables, machine=machine, figures=figures))
    console.print(f"written: {os.path.relpath(path)}", highlight=False)


def targets(figures: Figures) -> Table:
    """The targets for two cores, what was measured, and whether they are met. A large class has higher ones."""
    faster, than_two = (20, 9) if figures[SUBMISSIONS] >= 40 else (12, 5)
    wall, cpu = (1000 * (figures[f"{BOTH}/{kind}"] - figures[f"{NONE}/{kind}"]) for kind in ("wall", "cpu"))
    judging = figures[ANSWERS] + figures[JUDGING]
    rows = (
        _at_least("submissions a minute, compared with nbgrader", faster, figures[FASTER]),
        _at_least("… compared with two tuned nbgraders at once", than_two, figures[FASTER_THAN_TWO]),
        _at_most("CPU time of one more submission", 1.3, figures[f"{OURS}/each"], "s"),
        _at_most("… of which judging, including students' answers", 0.25, judging, "s"),
        _at_most("CPU time once a run, in a new course", 10, figures[f"{OURS}/once"], "s"),
        _at_most("private memory of a submission", 100, figures[f"{MEMORY}{OURS}"], "MB"),
        _at_most("walls, for one notebook", 40, wall, "ms"),
        _at_most("… CPU time", 20, cpu, "ms"),
    )
    return Table("Targets", ("", "target", "measured", "met"), rows)


def _at_least(what: str, target: float, measured: float) -> tuple[str, str, str, str]:
    return what, f">= {target:g} times", f"{measured:.1f}", "yes" if measured >= target else "NO"


def _at_most(what: str, target: float, measured: float, unit: str) -> tuple[str, str, str, str]:
    return what, f"<= {target:g} {unit}", f"{measured:.3g} {unit}", "yes" if 0 < measured <= target else "NO"


def speed(figures: Figures) -> Table:
    """Speed, CPU time and memory of all sides."""
    rows = []
    for side in (STOCK, TUNED, TWO, OURS):
        minute = figures[f"{side}/minute"]
        memory = figures.get(f"{MEMORY}{side}")
        each = figures.get(f"{side}/each")
        rows.append((
            side,
            f"{minute:.1f}",
            f"{minute / figures[f'{STOCK}/minute']:.1f}",
            f"{figures[f'{side}/cpu']:.2f}",
            "" if each is None else f"{each:.2f}",
            "" if each is None else f"{figures[f'{side}/once']:.1f}",
            "" if memory is None else f"{memory:.0f} MB",
        ))  # fmt: skip
    cpu = "CPU s each, in total", "CPU s of one more", "CPU s once a run"
    columns = ("", "submissions/min", "ratio", *cpu, "memory")
    return Table("Submissions a minute", columns, tuple(rows))


def split(figures: Figures) -> Table:
    """CPU-seconds of one more submission by part."""
    cells, saving = figures[CELLS_ALONE], figures[f"{SAVING}/each"]
    ours, stock = figures[f"{OURS}/each"], figures[f"{STOCK}/each"]
    rest = ours - sum(figures[part] for part in PARTS)
    rows = (
        _row(CELLS, figures[CELLS], cells, cells),
        _row(STARTING, figures[STARTING], None, None),
        _row(ANSWERS, figures[ANSWERS], None, None),
        _row(JUDGING, figures[JUDGING], None, None),
        _row("kernels, their imports, checks in the cells", None, stock - cells - saving, None),
        _row("gradebook, saving, and the rest", rest, saving, saving),
        _row("total", ours, stock, figures[FLOOR]),
    )
    return Table("CPU seconds of one more submission", ("", OURS, STOCK, FLOOR), rows)


def _row(what: str, *seconds: float | None) -> tuple[str, ...]:
    return what, *("" if s is None else f"{s:.3f}" for s in seconds)


def walls(figures: Figures) -> Table:
    """Time of a notebook with one empty cell, by walls."""
    rows = [
        (name, *(f"{1000 * figures[f'{name}/{kind}']:.1f}" for kind in ("wall", "cpu"))) for name in (BOTH, INNER, NONE)
    ]
    cost = (f"{1000 * (figures[f'{BOTH}/{kind}'] - figures[f'{NONE}/{kind}']):.1f}" for kind in ("wall", "cpu"))
    return Table("A notebook with one empty cell", ("", "ms", "CPU ms"), (*rows, ("cost of both walls", *cost)))


def profiled(profiles: Mapping[str, Mapping[str, float]]) -> Table:
    """Shares of CPU time, by process and package."""
    rows = [
        (name, ", ".join(f"{package} {share:.0%}" for package, share in shares.items()))
        for name, shares in profiles.items()
    ]
    return Table("CPU time of our own processes", ("process", "packages"), tuple(rows))


def machine(submissions: int, rounds: int, counted: str, standing: str) -> str:
    """One paragraph: what was run, and on which machine. counted: how CPU time is counted. standing: the walls."""
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("nbgrader", "torch", "hypothesis"))
    return (
        f"{submissions} submissions of three notebooks, {rounds} round{'s' if rounds > 1 else ''}; "
        f"{len(os.sched_getaffinity(0))} cores ({names[0] if names else platform.machine()}), "
        f"{psutil.virtual_memory().total / 1e9:.0f} GB, Python {platform.python_version()}, {libraries}; "
        f"CPU time {counted}; {standing}."
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
