"""Counts over all accounts of a portfolio, and what changed since an earlier run."""
