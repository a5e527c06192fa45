"""Many accounts at once: the only package that imports a dataframe library."""

import os

# Columns come and go by the thousand. Polars' allocator would give their memory back after half a
# second and have the next ones cleared by the system: a tenth of the time. It looks at this once,
# when Polars is imported; whoever sets it has the last word.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000,muzzy_decay_ms:10000")
