"""The HTTP interface for other programs: operations over the accounts, described by OpenAPI."""
