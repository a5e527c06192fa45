"""What came out: frozen data classes without wording."""
