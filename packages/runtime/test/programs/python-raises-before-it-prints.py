# What it prints is written out behind what it raises: standard output is no terminal, and Python keeps it until the end.
print("7 rows read")
raise ValueError("row 8 has no price")
