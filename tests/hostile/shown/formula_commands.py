# Commands that define others, which then move.
# holds: formulas paint where they stand
# control: without cleaning → covered
import nbformat
FORMULAS = [
    r"\def\s{\sma}",
    r"\newcommand{\x}{y}",
    r"\let\x=\relax",
    r"\require{enclose}",
    r"\mmlToken{mspace}[height=900em]{}",
    r"\csname smash\endcsname",
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
