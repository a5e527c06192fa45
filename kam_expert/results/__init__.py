"""Results: frozen data classes without wording."""
