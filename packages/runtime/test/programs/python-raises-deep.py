# Raises what nothing catches, below more frames than the last lines of a log show.
def read(depth):
    if depth == 0:
        raise ValueError("row 9 has no price")
    return parse(depth - 1)


def parse(depth):
    return read(depth)


read(12)
