"""SQL as AWS answers it: Athena (Trino) over the Glue catalog, and Redshift through its Data API, both run by DuckDB.

`types.py` and `inference.py` know what type an expression has in either dialect; `trino.py` and `redshift.py` put a statement into
DuckDB's words; `athena*.py` and `redshift_*.py` are the services. What neither proves stands in their docstrings.
"""
