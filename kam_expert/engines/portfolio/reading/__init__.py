"""Tables of a portfolio read and checked, chunk by chunk, as columns."""
