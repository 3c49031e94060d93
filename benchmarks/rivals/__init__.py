"""What one would pick instead of the shop, written as its community's best practice says, on the same database."""
