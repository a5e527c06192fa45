"""The conditions of rules: parsed, and evaluated in three values."""
