"""Philox 4x32-10, the counter-based generator behind every seeded draw (a kernel).

Salmon, Moraes, Dror & Shaw (2011), Parallel Random Numbers: As Easy as 1, 2, 3, SC'11. A block of four
32-bit words is a bijective function of a 128-bit counter, chosen by a 64-bit key; there is no other state.
"""

from __future__ import annotations

from typing import NamedTuple

from pplc.semantics.kernel import f64, u32, u64

# Multipliers and Weyl increments of the paper, table 2 and section 3.3.
_MULTIPLY_0 = 0xD2511F53
_MULTIPLY_1 = 0xCD9E8D57
_WEYL_0 = 0x9E3779B9
_WEYL_1 = 0xBB67AE85
_LOW = 0xFFFFFFFF
_ROUNDS = 10


class Block(NamedTuple):
    """Four 32-bit words: a counter, or what comes out for it."""

    a: u32
    b: u32
    c: u32
    d: u32


def philox(counter: Block, key_0: u32, key_1: u32) -> Block:
    """The block of random words at `counter` under the key."""
    a, b, c, d = counter
    for _ in range(_ROUNDS):
        product_0 = _MULTIPLY_0 * a
        product_1 = _MULTIPLY_1 * c
        a = (product_1 >> 32) ^ b ^ key_0
        b = product_1 & _LOW
        c = (product_0 >> 32) ^ d ^ key_1
        d = product_0 & _LOW
        key_0 = (key_0 + _WEYL_0) & _LOW
        key_1 = (key_1 + _WEYL_1) & _LOW
    return Block(a, b, c, d)


def open_uniform(high: u32, low: u32) -> f64:
    """A number strictly between 0 and 1 from two words: (k + 1/2) / 2^52 for a 52-bit k.

    The half keeps both ends out and the law symmetric; 53 bits would round the last value to 1.
    """
    bits: u64 = (high << 20) | (low >> 12)
    return (bits + 0.5) * 2.220446049250313e-16  # 2^-52
