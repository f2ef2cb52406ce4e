# Replaces the source of every later cell by 3.0.
# holds: no points
# control: it took place → wrong
shell = get_ipython()
shell.input_transformers_cleanup.append(lambda lines: ["3.0\n"])
shell.input_transformers_post.append(lambda lines: ["3.0\n"])
