"""Rival implementations on the same database, each written as its community's best practice says."""
