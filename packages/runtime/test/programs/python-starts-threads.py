# Starts more threads than it may, and takes no refusal for an answer.
import threading
import time

for _ in range(200):
    try:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except RuntimeError:
        pass
time.sleep(60)
