"""Pictures from outside: judged by their content, drawn anew in sRGB and three sizes, kept under names of our own."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from io import BytesIO
from typing import NamedTuple

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageCms
from rest_framework.exceptions import ValidationError

from products.models import Product
from products.models.catalogue import IMAGE_SIZES, image_size_name
from rest.exceptions import BodyTooLarge, Unavailable

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_SIDE = 10_000
SHOWN_SIDE = 2000  # nobody's screen needs more
SMALL_BYTES = 25_000  # of the pictures in lists: there are many on one screen
QUALITIES = (80, 65, 50, 35, 20, 5)
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
# By the numbers that EXIF has for them; 1 is as it should be.
TURNS = dict(enumerate(map(Image.Transpose, (0, 3, 1, 5, 4, 6, 2)), 2))

logger = logging.getLogger(__name__)


class Drawn(NamedTuple):
    """A picture in its own format, and its sizes as WebP by their names."""

    picture: ContentFile
    sizes: dict[str, ContentFile]
    width: int  # of the large one
    height: int


@transaction.atomic
def set_image(*, product_id: int, upload: UploadedFile) -> None:
    """Give a product a picture in place of the old one.

    Raises Product.DoesNotExist, ValidationError, BodyTooLarge, and Unavailable where nothing can be stored.
    """
    drawn = redrawn(upload)
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    old = product.image.name
    _store(product, drawn)
    product.save(update_fields=["image", "image_width", "image_height", "updated_at"])
    forget_image(product.image.storage, old)


@transaction.atomic
def remove_image(*, product_id: int) -> None:
    """Raises Product.DoesNotExist."""
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    old, product.image, product.image_width, product.image_height = product.image.name, "", None, None
    product.save(update_fields=["image", "image_width", "image_height", "updated_at"])
    forget_image(product.image.storage, old)


@transaction.atomic
def make_sizes(*, product_id: int) -> None:
    """Make the sizes of a picture that is stored already. Raises OSError, ValidationError for a file that is none."""
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    with product.image.open() as stored:
        drawn = redrawn(stored)
    for size, content in drawn.sizes.items():
        name = image_size_name(product.image.name, size)
        product.image.storage.delete(name)
        product.image.storage.save(name, content)
    product.image_width, product.image_height = drawn.width, drawn.height
    product.save(update_fields=["image_width", "image_height", "updated_at"])


def copy_image(*, name: str, source: Storage, target: Storage) -> None:
    """A picture and its sizes, each unless it is there already. Raises OSError."""
    for file in _files(name):
        if source.exists(file) and not target.exists(file):
            with source.open(file) as stored:
                target.save(file, stored)


def forget_image(storage: Storage, name: str) -> None:
    """Remove a picture and its sizes as soon as nobody is told of it any more."""
    if name:
        transaction.on_commit(partial(_delete, storage, name), robust=True)


def redrawn(upload: File) -> Drawn:
    """The picture without anything else that was in the file: metadata, scripts, a second format behind the first.

    Raises ValidationError unless it is a PNG, JPEG or WebP of bearable size, BodyTooLarge above 5 MiB.
    """
    if upload.size > MAX_BYTES:
        raise BodyTooLarge
    try:
        picture = Image.open(upload, formats=list(FORMATS))
        _check_size(picture)  # before anything is unpacked
        kind = "JPEG" if picture.format == "MPO" else picture.format  # a JPEG with more behind it, as phones take them
        picture.draft("RGB", (SHOWN_SIDE, SHOWN_SIDE))  # a huge JPEG is unpacked as small as will do
        picture = _in_srgb(_upright(picture))
        picture.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
        picture = _plain(picture, kind)
        drawn = BytesIO()
        picture.save(drawn, kind)
        sizes = dict(_sizes(picture))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # what Pillow says of bad files
        raise ValidationError({"image": [_("Send a PNG, JPEG or WebP picture.")]}) from error
    files = {size: ContentFile(content) for size, (content, _shown) in sizes.items()}
    return Drawn(ContentFile(drawn.getvalue(), name=f"picture.{FORMATS[kind]}"), files, *sizes["large"][1])


def _store(product: Product, drawn: Drawn) -> None:
    old = product.image.name
    try:
        product.image.save(drawn.picture.name, drawn.picture, save=False)
        for size, content in drawn.sizes.items():
            product.image.storage.save(image_size_name(product.image.name, size), content)
    except OSError as error:  # a full or read-only disk
        logger.exception("a picture cannot be stored")
        if product.image.name != old:
            with suppress(OSError):
                _delete(product.image.storage, product.image.name)
        raise Unavailable from error
    product.image_width, product.image_height = drawn.width, drawn.height


def _delete(storage: Storage, name: str) -> None:
    for stored in _files(name):
        storage.delete(stored)


def _files(name: str) -> list[str]:
    """A picture and its sizes."""
    return [name, *(image_size_name(name, size) for size in IMAGE_SIZES)]


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise ValidationError({"image": [_("The picture has too many pixels.")]})


def _upright(picture: Image.Image) -> Image.Image:
    """Rotate as the EXIF says that it was held. Pillow's own function writes the EXIF anew, and fails where it is
    broken.
    """
    turn = TURNS.get(picture.getexif().get(ExifTags.Base.Orientation))
    return picture if turn is None else picture.transpose(turn)


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Convert to sRGB, which browsers take a picture without a profile for, with or without transparency."""
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 8
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L").convert("RGB")
    if picture.mode not in {"RGB", "L", "CMYK"}:
        picture = picture.convert("RGBA")
    if profile:
        try:
            mode = "RGBA" if picture.mode == "RGBA" else "RGB"
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(picture, source, target, outputMode=mode)
        except (ImageCms.PyCMSError, OSError):  # a broken profile, or one for another kind of picture
            pass
    return picture if picture.mode == "RGBA" else picture.convert("RGB")


def _plain(picture: Image.Image, kind: str) -> Image.Image:
    """Pixels only. JPEG knows no transparency."""
    picture = picture.convert("RGB" if kind == "JPEG" else "RGBA")
    plain = Image.new(picture.mode, picture.size)
    plain.paste(picture)
    return plain


def _sizes(picture: Image.Image) -> Iterator[tuple[str, tuple[bytes, tuple[int, int]]]]:
    """Every size's name with its WebP, and how wide and high it is. None is larger than the picture itself."""
    encoded = {}  # a small picture is the same in several sizes
    for size, width in IMAGE_SIZES.items():
        smaller = picture.copy()
        smaller.thumbnail((width, 2 * width))
        wanted = smaller.size, SMALL_BYTES if size == "small" else None
        if wanted not in encoded:
            encoded[wanted] = _webp(smaller, most=wanted[1])
        yield size, (encoded[wanted], smaller.size)


def _webp(picture: Image.Image, most: int | None) -> bytes:
    """Encode as WebP, as good as fits into so many bytes."""
    for quality in QUALITIES:
        drawn = BytesIO()
        picture.save(drawn, "WEBP", quality=quality)
        if most is None or drawn.tell() <= most:
            break
    return drawn.getvalue()
