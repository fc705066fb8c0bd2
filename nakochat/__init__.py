"""From raw text to a Korean ChatGPT that you trained yourself."""

__version__ = "0.1.0"
