"""Questions about a diagnosis: why, why not, what if, what to ask, the least change."""
