from django.core.management.base import BaseCommand
from rest_framework.exceptions import APIException

from products.images import make_sizes
from products.models import Product


class Command(BaseCommand):
    help = "Makes the small, medium and large pictures of products whose picture has none yet."

    def handle(self, **options):
        made = 0
        for product in Product.objects.exclude(image="").filter(image_width__isnull=True).order_by("pk"):
            try:
                make_sizes(product_id=product.pk)
                made += 1
            except (OSError, APIException) as error:
                self.stderr.write(f"{product}: {error}")
        self.stdout.write(f"Made the sizes of {made} pictures.")
