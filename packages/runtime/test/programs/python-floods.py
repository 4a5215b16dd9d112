# Says the same thing for ever.
while True:
    print("the same line again")
