# Adds a second checks cell of the same name before the real one.
# holds: the notebook is the instructor's; only its answers are the student's
# control: it took place → wrong
import copy
def hand_in(notebook):
    for index, cell in enumerate(list(notebook.cells)):
        if cell.id == "softmax_checks":
            other = copy.deepcopy(cell)
            other.id, other.source, other.metadata.nbgrader.locked = "other", "3.0", False
            notebook.cells.insert(index, other)
