from products.views.branches import BranchProductViewSet, BranchViewSet
from products.views.catalogue import CategoryViewSet, OptionGroupViewSet, ProductViewSet
from products.views.staff import BranchDeskViewSet, BranchStaffViewSet

__all__ = [
    "BranchDeskViewSet",
    "BranchProductViewSet",
    "BranchStaffViewSet",
    "BranchViewSet",
    "CategoryViewSet",
    "OptionGroupViewSet",
    "ProductViewSet",
]
