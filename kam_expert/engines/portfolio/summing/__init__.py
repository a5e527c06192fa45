"""Counts over all accounts of a portfolio, and changes since an earlier run."""
