# Raises what nothing catches.
raise ValueError("row 7 has no price")
