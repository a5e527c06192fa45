"""Editions of a diagnosis that keep people’s data from readers who may not see it."""
