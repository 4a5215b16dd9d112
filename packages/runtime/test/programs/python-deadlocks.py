# Waits for a lock that it holds itself.
import threading

print("taking the lock twice", flush=True)
lock = threading.Lock()
lock.acquire()
lock.acquire()
