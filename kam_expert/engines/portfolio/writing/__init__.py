"""Writing of portfolio results as tables."""
