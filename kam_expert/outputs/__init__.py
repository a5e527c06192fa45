"""Output: a diagnosis in words and pictures. No output imports an engine."""
