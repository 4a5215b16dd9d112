# Raises what nothing catches, and has something to say on standard output some time after that.
import atexit
import time


@atexit.register
def close():
    time.sleep(0.3)
    print("closed")


raise ValueError("row 8 has no price")
