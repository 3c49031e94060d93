from products.models.branches import Branch, BranchHours, BranchSpecialDay
from products.models.catalogue import Category, Option, OptionGroup, Product
from products.models.stock import BranchProduct, StockMovement

__all__ = [
    "Branch",
    "BranchHours",
    "BranchProduct",
    "BranchSpecialDay",
    "Category",
    "Option",
    "OptionGroup",
    "Product",
    "StockMovement",
]
