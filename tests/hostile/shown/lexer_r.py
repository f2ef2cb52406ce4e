# A cell magic chooses the lexer that highlights the cell: %%R.
# holds: Python's lexer reads all code of a notebook
# control: without cleaning → heavy
import nbformat
def hand_in(notebook):
    notebook.cells.append(nbformat.v4.new_code_cell("%%R\n" + "'\\\\\\\\" * 50))
