# Claims that a cell has 200,000 outputs.
# holds: within the time for one notebook
# control: it took place → crashed wrong 省きました

output = b'{"output_type":"stream","name":"stdout","text":""}'
shown(b'{"outputs":[' + b",".join([output] * 200_000) + b'],"updates":[],"displays":{}}')
