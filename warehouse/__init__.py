"""The analytics warehouse: Redshift's words for the contracts, and what loads them.

`ddl.py` writes schema, tables, comments and grants from the contracts (pure text, standard library only), so that the
deployment can run it through the Data API and tests can read it. Nothing is stored here that the curated zone does not
hold: a table whose contract changed in a way that cannot be added to is dropped and loaded again.
"""
