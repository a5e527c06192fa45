"""Use cases shared by front ends: the report on an account, and the run on a portfolio."""
