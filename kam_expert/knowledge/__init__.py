"""What we know: vocabulary, conditions with their three values, rules, the checked base."""
