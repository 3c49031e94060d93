from products.models.branches import Branch, BranchHours, BranchSpecialDay
from products.models.catalogue import Category, Option, OptionGroup, Product
from products.models.exchange import MenuImport
from products.models.staff import BranchStaff, Position, is_staff_at, position_at
from products.models.stock import BranchProduct, StockMovement
from products.models.stoplist import Ingredient, StopListEntry
from products.models.work import OpenWork

__all__ = [
    "Branch",
    "BranchHours",
    "BranchProduct",
    "BranchSpecialDay",
    "BranchStaff",
    "Category",
    "Ingredient",
    "MenuImport",
    "OpenWork",
    "Option",
    "OptionGroup",
    "Position",
    "Product",
    "StockMovement",
    "StopListEntry",
    "is_staff_at",
    "position_at",
]
