# 60 MB of JSON that become 3 GB of lists.
# holds: within the memory that an answer may take
# control: it took place → crashed wrong 省きました

shown(b'{"outputs":[' + b"[]," * 20_000_000 + b'[]],"updates":[],"displays":{}}')
