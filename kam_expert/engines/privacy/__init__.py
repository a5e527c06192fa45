"""Editions of a diagnosis that protect data about people."""
