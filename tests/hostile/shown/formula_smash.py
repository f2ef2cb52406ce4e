# A white rule that paints over the marks, without a size of its own.
# holds: formulas paint where they stand
# control: without cleaning → covered
import nbformat
FORMULAS = [
    r"\smash\rlap\raise{20em}\rule{60em}{900em}",
    r"\mathrlap{\raisebox{9em}{4 / 4}}",
    r"\llap{\lower9em{x}}",
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
