from products.views.branches import BranchProductViewSet, BranchViewSet
from products.views.catalogue import CategoryViewSet, OptionGroupViewSet, ProductViewSet

__all__ = ["BranchProductViewSet", "BranchViewSet", "CategoryViewSet", "OptionGroupViewSet", "ProductViewSet"]
