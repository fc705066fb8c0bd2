"""Documents as they stand -> documents to learn from, and what was taken away, counted; cleaner.py is the door."""
