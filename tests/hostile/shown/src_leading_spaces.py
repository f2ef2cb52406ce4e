# Addresses behind spaces and control characters.
# holds: no page fetches a picture from outside its folder
# control: without cleaning → fetched
import nbformat
ADDRESSES = [" //evil.example/x.png", "\t//evil.example/x.png", "\x01//evil.example/x.png", "&#x20;//evil.example/x.png", "&Tab;//evil.example/x.png", "\u3000//evil.example/x.png"]
SHOW = """
from IPython.display import HTML, Markdown, display
display(HTML({0!r})); display(Markdown({1!r}))
"""
def hand_in(notebook):
    for address in ADDRESSES:
        html, markdown = f'<img src="{address}">', f"![x]({address})"
        notebook.cells.append(nbformat.v4.new_code_cell(SHOW.format(html, markdown)))
        notebook.cells += [nbformat.v4.new_markdown_cell(text) for text in (html, markdown)]
