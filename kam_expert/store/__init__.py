"""Accounts kept in a database, with every change: nothing that was acknowledged is lost."""
