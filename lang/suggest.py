"""The name that was probably meant: edit distance over the names in scope."""

from __future__ import annotations

from collections.abc import Iterable


def distance(left: str, right: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that turn `left` into `right`.

    The restricted edit distance of Damerau (1964): no part is edited twice.

    >>> distance("Nromal", "Normal")
    1
    """
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        now = [i]
        for j, b in enumerate(right, start=1):
            cost = min(row[j] + 1, now[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and b == left[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        before, row = row, now
    return row[-1]


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` is probably a slip of, or None if none is near enough.

    A third of the letters may differ, capitals do not count; of equally near ones the first.

    >>> nearest("normal", ["Normal", "Poisson"])
    'Normal'
    """
    limit = max(1, len(name) // 3)
    best: tuple[int, str] | None = None
    for candidate in candidates:
        if abs(len(candidate) - len(name)) > limit or candidate == name:
            continue
        apart = distance(name.lower(), candidate.lower())
        # A name of one letter is near to every other one: then only its capital counts.
        if apart <= limit and apart < max(len(name), 1) and (best is None or apart < best[0]):
            best = (apart, candidate)
    return None if best is None else best[1]


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """The help line of an unknown name; empty if nothing is near."""
    found = nearest(name, candidates)
    return "" if found is None else f"did you mean `{found}`?"
