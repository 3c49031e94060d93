from products.views.branches import BranchProductViewSet, BranchViewSet
from products.views.catalogue import CategoryViewSet, IngredientViewSet, OptionGroupViewSet, ProductViewSet
from products.views.staff import BranchStaffViewSet, StaffedBranchViewSet

__all__ = [
    "BranchProductViewSet",
    "BranchStaffViewSet",
    "BranchViewSet",
    "CategoryViewSet",
    "IngredientViewSet",
    "OptionGroupViewSet",
    "ProductViewSet",
    "StaffedBranchViewSet",
]
