# Addresses that become others once nbconvert strips files/.
# holds: no page fetches a picture from outside its folder
# control: without cleaning → fetched
import nbformat
ADDRESSES = ["files///evil.example/x.png", "/files///evil.example/x.png", "files/https://evil.example/x.png", "files/files///evil.example/x.png", "files/../../x.png"]
SHOW = """
from IPython.display import HTML, Markdown, display
display(HTML({0!r})); display(Markdown({1!r}))
"""
def hand_in(notebook):
    for address in ADDRESSES:
        html, markdown = f'<img src="{address}">', f"![x]({address})"
        notebook.cells.append(nbformat.v4.new_code_cell(SHOW.format(html, markdown)))
        notebook.cells += [nbformat.v4.new_markdown_cell(text) for text in (html, markdown)]
