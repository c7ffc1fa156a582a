"""How often a correct program may fail a statistical test: the one constant that tolerances come from."""

FALSE_ALARM = 1e-9
"""The probability that one comparison fails although the program is right.

A thousand comparisons then raise a false alarm with probability 1e-6, and a tolerance is only 1.9 times
as wide as the one for 1e-3: 6.1 standard errors instead of 3.3.
"""
