"""What we know: the vocabulary, conditions and their three-valued meaning, rules, the checked base."""
