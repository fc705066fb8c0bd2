"""What there is to be had, a TOML file for each kind of source; catalog.py reads and checks them, pull.py fetches."""
