# An answer that runs a command when it is unpickled.
# holds: it is never unpickled
# control: it took place → wrong
import os
class Answer:
    def __reduce__(self):
        return os.system, ("touch $OPEN/unpickled",)
def softmax(logits): return Answer()
