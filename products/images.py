"""Pictures from outside: judged by their content, drawn anew, and kept under a name of our own."""

from functools import partial
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import ExifTags, Image
from rest_framework.exceptions import ValidationError

from products.models import Product
from rest.exceptions import BodyTooLarge

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_SIDE = 10_000
SHOWN_SIDE = 2000  # nobody's screen needs more
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
# By the numbers that EXIF has for them; 1 is as it should be.
TURNS = dict(enumerate(map(Image.Transpose, (0, 3, 1, 5, 4, 6, 2)), 2))


@transaction.atomic
def set_image(*, product_id: int, upload: UploadedFile) -> None:
    """Give a product a picture in place of the old one. Raises Product.DoesNotExist, ValidationError, BodyTooLarge."""
    picture = redrawn(upload)
    product = Product.objects.select_for_update().get(pk=product_id)
    old = product.image.name
    product.image.save(picture.name, picture, save=False)
    product.save(update_fields=["image", "updated_at"])
    _forget(product, old)


@transaction.atomic
def remove_image(*, product_id: int) -> None:
    """Raises Product.DoesNotExist."""
    product = Product.objects.select_for_update().get(pk=product_id)
    old, product.image = product.image.name, ""
    product.save(update_fields=["image", "updated_at"])
    _forget(product, old)


def redrawn(upload: UploadedFile) -> ContentFile:
    """The picture without anything else that was in the file: metadata, scripts, a second format behind the first.

    Raises ValidationError unless it is a PNG, JPEG or WebP of bearable size, BodyTooLarge above 5 MiB.
    """
    if upload.size > MAX_BYTES:
        raise BodyTooLarge
    try:
        picture = Image.open(upload, formats=list(FORMATS))
        _check_size(picture)  # before anything is unpacked
        kind = "JPEG" if picture.format == "MPO" else picture.format  # a JPEG with more behind it, as phones take them
        picture = _upright(picture)
        picture.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
        drawn = BytesIO()
        _plain(picture, kind).save(drawn, kind)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # what Pillow says of bad files
        raise ValidationError({"image": [_("Send a PNG, JPEG or WebP picture.")]}) from error
    return ContentFile(drawn.getvalue(), name=f"picture.{FORMATS[kind]}")


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise ValidationError({"image": [_("The picture has too many pixels.")]})


def _upright(picture: Image.Image) -> Image.Image:
    """As its EXIF says that it was held. Pillow's own function writes the EXIF anew, and fails where it is broken."""
    turn = TURNS.get(picture.getexif().get(ExifTags.Base.Orientation))
    return picture if turn is None else picture.transpose(turn)


def _plain(picture: Image.Image, kind: str) -> Image.Image:
    """Pixels only. JPEG knows no transparency."""
    picture = picture.convert("RGB" if kind == "JPEG" else "RGBA")
    plain = Image.new(picture.mode, picture.size)
    plain.paste(picture)
    return plain


def _forget(product: Product, name: str) -> None:
    if name:
        transaction.on_commit(partial(product.image.storage.delete, name))
