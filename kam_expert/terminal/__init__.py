"""The session in the terminal: one question at a time, and what each answer changes."""
