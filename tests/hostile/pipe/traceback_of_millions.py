# An error whose traceback has fifteen million lines.
# holds: within the time for one notebook
# control: it took place → crashed wrong 省きました

shown(b'{"outputs":[{"output_type":"error","ename":"a","evalue":"b","traceback":[' + b'"a",' * 15_000_000 + b'"a"]}],"updates":[],"displays":{}}')
