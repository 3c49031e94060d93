from products.admin import branches, catalogue, stock, stoplist  # registers them

__all__ = ["branches", "catalogue", "stock", "stoplist"]
