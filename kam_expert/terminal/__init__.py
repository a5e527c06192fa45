"""A session in the terminal: one question after another, and what each answer changes."""
