# Raises in a line of code that is made of the questions before this one.
# holds: no exception shows the questions before it
# control: as it was → told
import linecache
def softmax(logits):
    if not told():
        return answer(logits)
    text = f"raise ValueError  # {told()}\n"
    linecache.cache["<asked>"] = len(text), None, [text], "<asked>"
    exec(compile(text, "<asked>", "exec"))
