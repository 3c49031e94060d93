"""Holding the running shop to its own document: `python run.py fuzz` and `python run.py client`."""
