"""HOW IT IS SHOWN: a diagnosis in words and pictures; no output sees an engine."""
