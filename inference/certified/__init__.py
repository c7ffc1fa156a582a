"""Integrals with a proof: ball arithmetic on panels, enclosures of what lies beyond them."""
