# Cells that the student has added claim to be graded, with points.
# holds: the notebook is the instructor's; only its answers are the student's
# control: it took place → wrong
import nbformat
def hand_in(notebook):
    flags = dict(grade=True, solution=True, locked=False, points=100, schema_version=3, task=False, cell_type="code")
    for number in range(3):
        cell = nbformat.v4.new_code_cell("3.0", metadata={"nbgrader": {**flags, "grade_id": f"bonus{number}"}})
        notebook.cells.append(cell)
