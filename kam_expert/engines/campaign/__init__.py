"""Campaigns: what many people are asked about many accounts, and what their answers settle."""
