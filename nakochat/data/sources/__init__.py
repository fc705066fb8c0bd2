"""The catalogue's values, a TOML file for each kind of source -> nakochat/data/catalog.py reads and checks them."""
