# Prepended to each attack on the pipe: finds the pipe, and encodes messages as grader/wire.py does.
import os, socket, stat, json, struct
def open_pipes():  # not through /proc/self, which a copy of the process cannot read
    for descriptor in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                yield descriptor
        except OSError:
            pass
pipes = list(open_pipes())
def tell(data):
    for pipe in open_pipes():
        try:
            socket.socket(fileno=os.dup(pipe)).sendall(data)
        except OSError:
            pass
def frame(body, buffers=()):
    header = json.dumps({"body": body, "buffers": [len(b) for b in buffers]}, separators=(",", ":")).encode()
    return struct.pack("<I", len(header)) + header + b"".join(buffers)
def dictionary(**items):
    return {"k": "dict", "v": [[key, value] for key, value in items.items()]}
def shown(content):
    """Send the shell's reply after a cell. content: its outputs as JSON bytes."""
    body = dictionary(shown={"k": "bytes", "buffer": 0}, ok=True, count=1)
    tell(frame(body, [content]))

