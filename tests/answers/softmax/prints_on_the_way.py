"""Right, with debugging prints left in and messy formatting."""
# score: 3
# fails: none

def softmax(logits):
    # 最大値
    m=logits.max(1)[0]
    print("max:",m.shape)
    m = m.reshape(-1,1)
    ex=torch.exp(logits-m)
    wa=ex.sum(1).reshape(-1,1)
    print(wa.shape)
    kekka=ex/wa
    return kekka
