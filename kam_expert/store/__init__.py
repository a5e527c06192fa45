"""Store accounts and all their changes in a database; acknowledged changes are durable."""
