# Addresses in styles.
# holds: no page fetches a picture from outside its folder
# control: without cleaning → fetched
import nbformat
FORMS = [
    '<p style="background:url({})">x</p>',
    '<p style="background-color:u\\72l({})">x</p>',
    '<ul style="list-style-image:url({});color:red"><li>x</ul>',
    '<p style="border-image:url({}) 1">x</p>',
    '<p style="color:red;background:URL( \'{}\' )">x</p>',
    '<style>p {{background: url({})}}</style>',
]
def hand_in(notebook):
    for form in FORMS:
        html = form.format(*["//evil.example/x.png"] * 2)
        notebook.cells.append(nbformat.v4.new_markdown_cell(html))
        notebook.cells.append(nbformat.v4.new_code_cell(f"from IPython.display import HTML\nHTML({html!r})"))
