# Crashes the interpreter.
# holds: no points; the next one is graded
# control: it took place → crashed
import ctypes; ctypes.string_at(0)
