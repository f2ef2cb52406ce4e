# Parent folders and slashes in encoded forms.
# holds: no page fetches a picture from outside its folder
# control: without cleaning → fetched
import nbformat
ADDRESSES = ["%2e%2e/x.png", ".%2e/x.png", "..%2fx.png", "a/%2E%2e/../../x.png", "&sol;&sol;evil.example/x.png", "https&colon;//evil.example/x.png"]
SHOW = """
from IPython.display import HTML, Markdown, display
display(HTML({0!r})); display(Markdown({1!r}))
"""
def hand_in(notebook):
    for address in ADDRESSES:
        html, markdown = f'<img src="{address}">', f"![x]({address})"
        notebook.cells.append(nbformat.v4.new_code_cell(SHOW.format(html, markdown)))
        notebook.cells += [nbformat.v4.new_markdown_cell(text) for text in (html, markdown)]
