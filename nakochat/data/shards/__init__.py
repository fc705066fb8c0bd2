"""Documents -> a folder of token shards, prepared once, read by mmap: set_writer.py writes, token_set.py reads."""
