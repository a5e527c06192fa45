"""The method as data: vocabulary, conditions in three values, rules, the checked base."""
