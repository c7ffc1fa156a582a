"""Special functions as kernels: what the families' densities, cdfs and quantiles are made of."""
