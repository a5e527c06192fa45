"""Results of a portfolio written as tables."""
