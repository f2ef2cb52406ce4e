# Prints in a later cell what its function was asked.
# holds: no cell shows what was asked
# control: as it was → told
def softmax(logits): return answer(logits)
# %% after the checks
print(told())
