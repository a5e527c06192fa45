"""The conditions of rules: parsed, read in three values, put in words by others."""
