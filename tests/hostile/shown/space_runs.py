# Megabytes of spaces in runs that are just too short to be shortened.
# holds: a cell that is too long is left out
# control: without cleaning → heavy
import nbformat
def hand_in(notebook):
    notebook.cells.append(nbformat.v4.new_code_cell(("x" + " " * 199) * 25_000))
