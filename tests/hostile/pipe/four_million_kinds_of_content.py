# A display with content in four million MIME types.
# holds: within the time for one notebook
# control: it took place → crashed wrong 省きました

content = bytearray(b'{"outputs":[{"output_type":"display_data","data":{')
for kind in range(4_000_000):
    content += b'"%x":"",' % kind
content[-1:] = b'},"metadata":{}}],"updates":[],"displays":{}}'
shown(content)
