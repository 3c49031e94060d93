from products.admin import branches, catalogue, stock  # registers them

__all__ = ["branches", "catalogue", "stock"]
