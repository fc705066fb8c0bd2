"""A package: to pytest, what has a life of its own.  Its files share one browser (conftest.py)."""
