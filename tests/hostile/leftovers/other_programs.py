# Other programs, with an empty environment and other names.
# holds: nothing of it is left two seconds after the notebook
# control: it took place → READY
command = ["env", "-i", "setsid", "sh", "-c", f"echo ready; (exec -a {W['mark']}-child sleep 1000 &); exec sleep 1000"]
print(subprocess.Popen(command, stdout=subprocess.PIPE, text=True).stdout.readline().upper())
