"""The live session: a web page on which a consultant and a customer's team work on one account.

The only package that imports a web framework. Pages are made on the server and work without
scripts; `app` puts the parts together, `guard` refuses what must not come in, `desk` stands between
the pages and the store.
"""
