# Replaces itself by another program (exec).
# holds: no points; the next one is graded
# control: it took place → crashed
import os; os.execv('/bin/true', ['true'])
