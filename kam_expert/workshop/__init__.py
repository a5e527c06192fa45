"""Tools for authors of a method: mutants, coverage, proofs, differences, pages."""
