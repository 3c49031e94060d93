from products.views.branches import BranchProductViewSet, BranchViewSet
from products.views.catalogue import CategoryViewSet, IngredientViewSet, OptionGroupViewSet, ProductViewSet
from products.views.staff import BranchDeskViewSet, BranchStaffViewSet

__all__ = [
    "BranchDeskViewSet",
    "BranchProductViewSet",
    "BranchStaffViewSet",
    "BranchViewSet",
    "CategoryViewSet",
    "IngredientViewSet",
    "OptionGroupViewSet",
    "ProductViewSet",
]
