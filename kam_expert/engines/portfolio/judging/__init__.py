"""Rules applied to columns: findings, stage, steps and questions of many accounts."""
