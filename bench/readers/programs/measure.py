"""What both Python contenders share: arguments, warm-up, clock, answer."""
import json
import resource
import sys
import time


def measure(read):
    file, warm_up_file, warm_ups, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    for _ in range(warm_ups):
        read(warm_up_file)
    cpu_before, start = time.process_time(), time.perf_counter()
    for _ in range(repeats):
        found = read(file)
    found["wallMs"] = (time.perf_counter() - start) * 1000 / repeats
    found["cpuMs"] = (time.process_time() - cpu_before) * 1000 / repeats
    found["rssMib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))
