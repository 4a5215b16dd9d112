# Is ended by a signal that nobody of us sent.
import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
