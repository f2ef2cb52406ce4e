# One output under 1,500,000 spellings of its index (digits of many scripts), and one update of it.
# holds: within the time for one notebook
# control: it took place → crashed wrong

import itertools
digits = [chr(c).encode() for c in range(0x110000) if chr(c).isdecimal() and int(chr(c)) == 0]
content = bytearray(b'{"outputs": [{"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}], "displays": {')
for key in itertools.islice(itertools.product(digits, repeat=4), 1_500_000):
    content += b'"%s":"a",' % b"".join(key)
content[-1:] = b'}, "updates": [{"display_id": "a", "data": {}, "metadata": {}}]}'
shown(content)
