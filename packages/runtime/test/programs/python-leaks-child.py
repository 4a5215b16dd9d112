# Ends well, and leaves a child in a session of its own.
import subprocess
import sys

subprocess.Popen(["sleep", sys.argv[1]], start_new_session=True, stdin=subprocess.DEVNULL)
