from pathlib import Path

from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management.base import BaseCommand, CommandError

from products.images import copy_image
from products.models import Product


class Command(BaseCommand):
    help = "Copies pictures from a folder, MEDIA_ROOT so far, to where the settings keep them now. May be repeated."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)

    def handle(self, folder: Path, **options):
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        names = Product.objects.exclude(image="").order_by("pk").values_list("image", flat=True)
        for name in names:
            copy_image(name=name, source=FileSystemStorage(folder), target=default_storage)
        self.stdout.write(f"Copied {len(names)} pictures with their sizes.")
