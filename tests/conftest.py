"""What holds for every test: generated examples are the same in every run."""

from hypothesis import settings

# `derandomize`: a test that fails fails for everyone, and a green run stays green. No deadline:
# time is judged by benchmarks, not by a busy machine.
settings.register_profile("pplc", derandomize=True, deadline=None)
settings.load_profile("pplc")

collect_ignore_glob = ["programs/bad/*.py"]
"""Wrong on purpose: their own test runs them."""
