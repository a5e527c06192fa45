"""How rules are applied: by plain evaluation (the reference) or by experta; one answer."""
