# One picture of a megabyte, pasted once and shown twelve times.
# holds: a large picture is shown once in a cell
# control: without cleaning → heavy
import base64
import struct
import zlib
import nbformat
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
def hand_in(notebook):
    side = 600
    rows = b"".join(b"\0" + bytes((i * j) % 251 for j in range(3 * side)) for i in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")
    cell = nbformat.v4.new_markdown_cell("![](attachment:a)\n" * 12)
    cell.attachments = {"a": {"image/png": base64.b64encode(png).decode()}}
    notebook.cells.append(cell)
