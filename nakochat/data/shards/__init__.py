"""Documents -> a folder of token shards, prepared once: set_writer.py writes, token_set.py reads, block by block."""
