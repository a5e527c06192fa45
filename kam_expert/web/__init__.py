"""The live session: web pages on which a consultant and a customer's team work on one account.

The only package that imports a web framework. The server renders the pages, and they work without
scripts. `app` has the routes, `middleware` rejects unsafe requests, `service` connects the pages to
the store and the engines.
"""
