"""What a Core program means: numerics of the families, measures, the reference interpreter."""
