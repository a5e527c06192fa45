"""Many accounts at once: the only package that imports a dataframe library."""
