"""Write the students' folder: what is in the releases, with badges that open the notebooks in Colab."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from babel import Locale

from grader.errors import UserError
from grader.nbgrader_plugin.course import Course
from grader.submission.language import JAPANESE, N_, gettext, speaking
from grader.submission.parse import BADGE

COLAB = "https://colab.research.google.com/github"
HINT = N_(
    "Colab では、まず「ドライブにコピーを保存」します。"
    "終わったら「.ipynb をダウンロード」し、名前を {notebook} に戻して提出します。"
)
ADDRESS = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)/(?:blob|tree)/([\w./-]*[\w-])/?")


def write(course: Course, editions: Sequence[Course] = ()) -> Path:
    """Build the releases and write build/publish/ in the course's folder, atomically; → that folder.

    editions: of the assignment; each has a folder in it, named by its language, and the pages for students lead to each
    other. Raises UserError where there is nothing to release, and for an address that Colab cannot open.
    """
    place = colab_place(course.published_at)
    folder = course.root / "build" / "publish"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        new = Path(unfinished) / "publish"
        folders = {course: "", **{edition: edition.edition for edition in editions}}
        for one, name in folders.items():
            one.build_release()
            (new / name).mkdir(parents=True)
            for file in sorted(path for path in one.folder("release").iterdir() if path.is_file()):
                shutil.copyfile(file, new / name / file.name)
            if place:
                with speaking(one.language):
                    _add_badges(new / name, f"{place}/{name}".rstrip("/"))
        _link_pages({one.edition or JAPANESE: new / name for one, name in folders.items()})
        if folder.exists():
            os.replace(folder, Path(unfinished) / "old")
        os.replace(new, folder)
    return folder


def colab_place(address: str) -> str:
    """Colab's address of a folder on GitHub, without a slash at its end; "" for "". Raises UserError."""
    if not address:
        return ""
    match = ADDRESS.fullmatch(address)
    if match is None:
        raise UserError(
            f"c.Course.published_at = {address!r} is not a folder on GitHub, which is what Colab opens: "
            "https://github.com/OWNER/REPOSITORY/tree/BRANCH or …/BRANCH/FOLDER."
        )
    return f"{COLAB}/{match[1]}/blob/{match[2]}"


def _add_badges(folder: Path, place: str) -> None:
    """Put a badge below the title of each notebook, and all of them below that of the page for students."""
    badges = {path: f"{BADGE}{place}/{path.name})" for path in sorted(folder.glob("*.ipynb"))}
    hint = gettext(HINT)
    for path, badge in badges.items():
        notebook = nbformat.read(path, as_version=4)
        title = notebook.cells[0]
        if title.cell_type == "markdown":
            title.source = _below_title(title.source, f"{badge} {hint.format(notebook=path.name)}")
            path.write_text(nbformat.writes(notebook) + "\n")
    if (page := folder / "README.md").is_file():
        lines = "\n".join(f"- {badge} `{path.name}`" for path, badge in badges.items())
        page.write_text(_below_title(page.read_text(), lines))


def _link_pages(folders: Mapping[str, Path]) -> None:
    """Put a line with the other languages below the title of each page for students. folders: by language."""
    pages = {language: page for language, folder in folders.items() if (page := folder / "README.md").is_file()}
    for language, page in pages.items():
        links = [
            f"[{Locale.parse(other).get_display_name()}]({os.path.relpath(target, page.parent)})"
            for other, target in pages.items()
            if other != language
        ]
        if links:
            page.write_text(_below_title(page.read_text(), " · ".join(links)))


def _below_title(text: str, line: str) -> str:
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{line}\n{rest}"
