"""The portfolio engine: many accounts at once. The only package that imports a dataframe library."""
