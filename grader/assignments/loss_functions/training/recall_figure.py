"""Draw the bar chart of task 3: recall by class, of the unweighted control and of the student's weights."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache

from grader.checking.figure import Figure
from grader.checking.wording import N_, gettext

CAPTION = N_(
    "クラスごとの再現率（recall）。"
    "採点プログラムが、短い学習を重みなし（斜線）とあなたの重みで行った結果です（画像：{images}）。"
)


def recall_figure(
    classes: Sequence[str], unweighted: Sequence[float], weighted: Sequence[float], images: str
) -> Figure:
    """The chart as a figure for the feedback.

    classes: names. unweighted, weighted: recall of each class, 0 to 1. images: description of the training images.
    """
    png = _drawn(tuple(classes), tuple(unweighted), tuple(weighted))
    return Figure(png, "recall by class: no weights, your weights", gettext(CAPTION).format(images=images))


@lru_cache(maxsize=100)  # all right weights give the same chart; drawing takes as long as judging a notebook
def _drawn(classes: tuple[str, ...], unweighted: tuple[float, ...], weighted: tuple[float, ...]) -> str:
    from matplotlib.figure import Figure as Canvas  # imported here: it takes 0.4 s, and most notebooks need no chart

    canvas = Canvas(figsize=(7, 2.6))
    axes = canvas.subplots()
    looks = ("no weights", unweighted, "////", "white"), ("your weights", weighted, "", "tab:blue")
    for offset, (label, recall, hatch, colour) in enumerate(looks):
        places = [c + 0.4 * offset - 0.2 for c in range(len(classes))]
        axes.bar(places, recall, 0.4, label=label, color=colour, edgecolor="black", hatch=hatch, linewidth=0.7)
    axes.set_xticks(range(len(classes)), classes, fontsize=7)
    axes.set(ylabel="recall", ylim=(0, 1), xlabel="class (from the most to the least common)")
    axes.legend(fontsize=8)
    image = io.BytesIO()
    canvas.savefig(image, format="png", bbox_inches="tight", dpi=80)
    return base64.b64encode(image.getvalue()).decode()
