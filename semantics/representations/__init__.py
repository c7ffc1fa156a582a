"""Ways to run a Core program, each with its meaning as a measure (ARCHITECTURE.md).

Scibior et al., Denotational validation of higher-order Bayesian inference (POPL 2018), section 4.
"""
