"""Compare all sides in rounds, each in fresh courses. Ratios are taken within a round, medians over the rounds."""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console

from grader.nbgrader_plugin.course import PROJECT
from tests.bench import classes, parts, report
from tests.bench.courses import NotFullMarks, Templates, assert_full_marks, build, copy, executed, nbgrader
from tests.bench.meters import Command, CommandFailed, Cost, described, meter, private_bytes, run, tree
from tests.bench.report import CELLS_ALONE, MEMORY, OURS, SAVING, STOCK, SUBMISSIONS, TUNED, TWO, Figures
from tests.bench.walls import walls
from tests.helpers.processes import fork_servers

SHORT_RUN = 2  # submissions; the cost of one more submission is the difference between this run and the full one
CELL_TIMEOUT = "--Execute.timeout=600"  # seconds, instead of 30, so that a busy machine costs no points
TUNED_OPTIONS = (CELL_TIMEOUT, "--Execute.shutdown_kernel=immediate")
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


def main(arguments: Sequence[str]) -> int:
    """Measure, write the page and return the exit status. All other files are removed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--submissions", type=int, default=12, help=f"in the class, more than {SHORT_RUN} (default: 12)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument(
        "--classes",
        type=int,
        nargs="+",
        default=classes.SIZES,
        help="sizes of whole classes (default: 12 40 200)",
    )
    parser.add_argument("--output", type=Path, default=PROJECT / "docs" / "performance.md")
    options = parser.parse_args(arguments)
    if options.submissions <= SHORT_RUN or options.rounds < 1:
        parser.error(f"at least one round of {SHORT_RUN + 1} submissions is needed")
    console = Console(width=None if sys.stdout.isatty() else 120)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # otherwise the commands would go on
    try:
        measure(options, console)
    except (CommandFailed, NotFullMarks) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted; nothing was written", file=sys.stderr)
        return 130
    return 0


def measure(options: argparse.Namespace, console: Console) -> None:
    """Measure what is measured once, the rounds, whole classes; print and write. Raises CommandFailed, NotFullMarks."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, console.status("Building both courses …") as status:
        place = Path(folder)
        templates = build(place, options.submissions)
        status.update("Memory, walls, profiles …")
        with _temporary(place / "once") as folder_of_once:
            figures = memory(folder_of_once, templates)
            standing, profiles = once(folder_of_once, templates, figures)
        rounds = []
        for number in range(1, options.rounds + 1):
            with _temporary(place / "round") as folder_of_round:

                def report_step(what: str, number: int = number) -> None:
                    status.update(f"round {number} of {options.rounds}: {what} …")

                rounds.append(_Round(folder_of_round, templates, report_step).all())
        figures |= {name: median(figures[name] for figures in rounds) for name in rounds[0]}
        figures[SUBMISSIONS] = options.submissions
        status.update("Whole classes …")
        with _temporary(place / "classes") as folder_of_classes:
            whole = list(classes.measured(folder_of_classes, options.classes))
    counter = meter()
    machine = report.machine(options.submissions, options.rounds, described(counter), standing)
    counter.close()
    report.publish(figures, profiles, classes.table(whole), machine, options.output, console)


class _Round:
    """One round. figures: by "side/what"."""

    def __init__(self, place: Path, templates: Templates, report_step: Callable[[str], None]) -> None:
        self._place, self._templates, self._report_step = place, templates, report_step
        self._students = templates.students
        self.figures: Figures = {}

    def all(self) -> Figures:
        """Measure all sides one after the other."""
        templates, figures = self._templates, self.figures
        self._side(STOCK, templates.stock, CELL_TIMEOUT)
        self._whole(TUNED, [self._course("tuned", templates.stock)], *TUNED_OPTIONS, **ONE_THREAD)
        halves = self._students[::2], self._students[1::2]
        courses = [self._course(f"half{number}", templates.stock, half) for number, half in enumerate(halves)]
        self._whole(TWO, courses, *TUNED_OPTIONS, **ONE_THREAD)
        self._side(OURS, templates.ours)
        self._saving()
        self._report_step("the floor and the parts")
        figures[CELLS_ALONE] = apart(parts.cells_alone, templates.ours, self._students)
        figures |= apart(parts.parts, templates.ours, self._students)
        figures[report.FLOOR] = figures[CELLS_ALONE] + figures[f"{SAVING}/each"]
        figures[report.FASTER] = figures[f"{OURS}/minute"] / figures[f"{STOCK}/minute"]
        figures[report.FASTER_THAN_TWO] = figures[f"{OURS}/minute"] / figures[f"{TWO}/minute"]
        return figures

    def _course(self, name: str, template: Path, students: Sequence[str] = ()) -> Path:
        return copy(template, self._place / name, students or self._students)

    def _side(self, side: str, template: Path, *options: str) -> None:
        """Measure the full run, and a short one to compute the cost once a run."""
        short_course = self._course(f"{side} short", template, self._students[:SHORT_RUN])
        short = self._graded(f"{side}, {SHORT_RUN} submissions", [nbgrader(short_course, "autograde", *options)])
        self._split(side, short, self._whole(side, [self._course(side, template)], *options))

    def _whole(self, side: str, courses: list[Path], *options: str, **variables: str) -> Cost:
        cost = self._graded(side, [nbgrader(course, "autograde", *options, **variables) for course in courses])
        self.figures[f"{side}/minute"] = 60 * len(self._students) / cost.wall
        self.figures[f"{side}/cpu"] = cost.cpu / len(self._students)
        return cost

    def _saving(self) -> None:
        """Measure how nbgrader saves the notebooks that the full stock run has executed."""
        costs = []
        for students in (self._students[:SHORT_RUN], self._students):
            root = self._place / f"saving {len(students)}"
            course = executed(self._templates.stock, self._place / STOCK, root, students)
            costs.append(self._graded("nbgrader's saving", [nbgrader(course, "autograde")]))
        self._split(SAVING, *costs)

    def _split(self, side: str, short: Cost, full: Cost) -> None:
        each = (full.cpu - short.cpu) / (len(self._students) - SHORT_RUN)
        self.figures |= {f"{side}/each": each, f"{side}/once": short.cpu - SHORT_RUN * each}

    def _graded(self, what: str, commands: list[Command]) -> Cost:
        self._report_step(what)
        cost = run(*commands)
        for command in commands:
            assert_full_marks(command.where)
        return cost


def memory(place: Path, templates: Templates) -> Figures:
    """Return the peak private memory, in MB, of one submission's processes, for each side."""
    figures: Figures = {}
    for side, template, options in ((STOCK, templates.stock, (CELL_TIMEOUT,)), (OURS, templates.ours, ())):
        peak = 0

        def watch(root: psutil.Process) -> None:
            nonlocal peak
            peak = max([peak, *(private_bytes(processes) for processes in of_submissions(root))])

        course = copy(template, place / f"memory {side}", templates.students[:SHORT_RUN])
        run(nbgrader(course, "autograde", *options), watch=watch)
        figures[f"{MEMORY}{side}"] = peak / 1e6
    return figures


def of_submissions(root: psutil.Process) -> Iterator[list[psutil.Process]]:
    """Yield the processes of each submission: a kernel or a child of a fork server, with its descendants."""
    for process in tree(root):
        with contextlib.suppress(psutil.Error):
            if "ipykernel_launcher" in process.cmdline():
                yield tree(process)
    for server in fork_servers(root.pid):
        with contextlib.suppress(psutil.Error):
            yield from map(tree, psutil.Process(server).children())


def once(place: Path, templates: Templates, figures: Figures) -> tuple[str, dict[str, dict[str, float]]]:
    """Add the times of the walls to `figures`; return which walls there are, and the profiles."""
    seen, standing = apart(walls, templates.ours / "build" / "stand-in.npy")
    figures |= {
        f"{name}/{kind}": s for name, pair in seen.items() for kind, s in zip(("wall", "cpu"), pair, strict=True)
    }
    graded = copy(templates.ours, place / "profile", templates.students)
    return standing, {
        "the judging process": apart(parts.judging_profile, templates.ours, templates.students[: SHORT_RUN + 1]),
        "`nbgrader autograde` without its workers": apart(parts.command_profile, graded),
    }


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a fresh process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


@contextlib.contextmanager
def _temporary(place: Path) -> Iterator[Path]:
    """A temporary folder: the courses of a round take 22 MB each."""
    place.mkdir()
    yield place
    shutil.rmtree(place)
