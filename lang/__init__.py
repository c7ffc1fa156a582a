"""The language: text to a typed program and its Core IR. Knows nothing of numbers or inference."""
