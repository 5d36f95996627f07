"""SQL that answers questions: Athena's named queries and views, one file each. No code lives here."""
