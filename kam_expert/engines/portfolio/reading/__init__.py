"""Reading and checking of portfolio tables as columns, chunk by chunk."""
