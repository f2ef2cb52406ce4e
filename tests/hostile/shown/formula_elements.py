# A command that is split by elements and references, which MathJax reads across.
# holds: formulas paint where they stand
# control: without cleaning → covered
import nbformat
FORMULAS = [
    r"\sm<wbr>ash{x}",
    r"\sm<b></b>ash{x}",
    r"&#92;smash{x}",
    r"\sma&#115;h{x}",
    r"\ru<!-- -->le{9em}{900em}",
]
SHOW = """
from IPython.display import HTML, Latex, Markdown, display
for kind in (HTML, Markdown): display(kind({0!r}))
display(Latex({0!r}))
"""
def hand_in(notebook):
    for formula in FORMULAS:
        notebook.cells.append(nbformat.v4.new_markdown_cell(f"text $a {formula} b$"))
        notebook.cells.append(nbformat.v4.new_code_cell(SHOW.format(f"$a {formula} b$")))
