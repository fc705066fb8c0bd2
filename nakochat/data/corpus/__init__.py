"""Files and folders of text, in any of the formats that people keep it in -> documents; documents.py is the door."""
