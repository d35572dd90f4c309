"""What bounds a rule: nothing in one repeats, so that these are all that its time can grow by."""

FILE_BYTES = 8_000
RULES = 64
"""Files of a folder."""
TERMS = 80
"""Fields, written values, signs and words of a condition."""
DEPTH = 12
"""How far conditions lie inside of each other."""
EXACT = 8
"""Signs of arithmetic: what they do to whole numbers is exact, and numbers grow with each."""
DIGITS = 30
"""Of a written number, on each side of its point."""
SAYS = 240
"""Characters of the sentence."""
NAME = 40
EVIDENCE = 200
"""Rows of one finding, the newest: `times` says how often it holds."""
SUBJECTS = 50
"""Findings of a rule in one block; how many there were beyond is said with the last of them."""
