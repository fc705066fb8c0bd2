"""Conversations of one's own, and of who a model is to be -> conversations in the one form, and their shards."""
