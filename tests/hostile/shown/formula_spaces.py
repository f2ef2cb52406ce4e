# Negative and large spaces, one or by the dozen.
# holds: formulas paint where they stand
# control: without cleaning → covered
import nbformat
FORMULAS = [
    r"\hspace{-9em}4 / 4",
    r"\kern-9em",
    r"\mkern-900mu",
    r"\hskip 99em",
    r"\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!\!",
    r"a \\[-90em] b",
    r"a \cr[-9em] b",
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
