"""Diagnosis of many accounts at once. Only this package imports a dataframe library."""

import os

# Thousands of columns are allocated and freed. By default the allocator of Polars returns memory
# after half a second, and the system clears it again, which costs a tenth of the time. The variable
# is read when Polars is imported; a value set by the user wins.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000,muzzy_decay_ms:10000")
