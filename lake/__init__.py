"""The command line `lake`, and what it draws. `cli.py` has the commands; each does its work in the file of its name."""
