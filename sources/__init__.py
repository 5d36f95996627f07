"""How each exporter writes its files: one TOML file a source. `README.md` explains every key; no code lives here."""
