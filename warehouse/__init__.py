"""The analytics warehouse: Redshift DDL from the contracts (`ddl.py`), and what loads it."""
