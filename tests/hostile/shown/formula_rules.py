# Areas and boxes of any size.
# holds: formulas paint where they stand
# control: without cleaning → covered
import nbformat
FORMULAS = [
    r"\rule{60em}{900em}",
    r"\Rule{1em}{900em}{-800em}",
    r"\Space{1em}{9em}{-9em}",
    r"\bbox[900em,white]{4/4}",
    r"\fcolorbox{white}{white}{x}",
    r"\above 90em",
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
