# Sends 200 answers in advance.
# holds: no points, and nothing is allocated or run for it
# control: it took place → wrong too_slow

def frame(body):
    header = json.dumps({"body": body, "buffers": []}).encode()
    return struct.pack("<I", len(header)) + header
def dictionary(**items):
    return {"k": "dict", "v": [[key, value] for key, value in items.items()]}
tell(frame(dictionary(value=True, inputs=[], parameters=[], outcome="passed")) * 200)
