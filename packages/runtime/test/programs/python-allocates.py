# Takes memory without end, and keeps it.
kept = []
while True:
    kept.append(bytearray(8 * 1024 * 1024))
