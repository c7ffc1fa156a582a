"""Exact inference for programs with continuous variables: densities as formulas, integrated out."""
