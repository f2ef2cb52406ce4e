# Sends half a message, then nothing.
# holds: the deadline holds
# control: it took place → crashed raised undecided
tell(struct.pack('<I', 1000) + b'{')
import time; time.sleep(60)
