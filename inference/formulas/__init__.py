"""Answers as formulas for programs with continuous variables, or with functions that are not rational."""
