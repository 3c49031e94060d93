"""Pictures that were made to break what reads them: refused, or drawn anew as pictures of bearable size."""

import random
import struct
import tracemalloc
import warnings
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageOps, PngImagePlugin
from rest_framework.exceptions import ValidationError

from products.images import SHOWN_SIDE, redrawn
from products.tests.factories import ProductFactory

MUTATIONS = 100  # of each picture
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}


def drawn(kind: str, mode: str = "RGB", size=(24, 16), **options) -> bytes:
    file = BytesIO()
    Image.effect_noise(size, 50).convert(mode).save(file, kind, **options)
    return file.getvalue()


def exif(fields: dict | None = None) -> Image.Exif:
    data = Image.Exif()
    data.get_ifd(0x8769)[0x9003] = "2026:11:25 00:00:00"
    data.update({0x0112: 6, 0x010E: "taken at home", **(fields or {})})
    return data


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_text() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("a", "b" * 50, zip=True)
    info.add_itxt("k", "v")
    return info


more = {"save_all": True, "append_images": [Image.new("RGB", (24, 16), "red")]}
SEEDS = {
    "png": drawn("PNG", exif=exif(), pnginfo=with_text()),
    "palette": drawn("PNG", "P", transparency=3),
    "bits": drawn("PNG", "1"),
    "animated png": drawn("PNG", **more),
    "jpeg": drawn("JPEG", exif=exif(), icc_profile=b"x" * 200),
    "cmyk": drawn("JPEG", "CMYK", progressive=True),
    "several jpegs": drawn("MPO", **more),
    "webp": drawn("WEBP", exif=exif()),
    "lossless webp": drawn("WEBP", "RGBA", lossless=True),
    "animated webp": drawn("WEBP", **more),
}


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A few bytes flipped, set, taken out, put in or cut off, most of them in the first 200, where the heads are."""
    content = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 8])):
        place = chance.randrange(min(len(content), chance.choice([200, 200, len(content)])))
        match chance.randrange(6):
            case 0:
                content[place] ^= 1 << chance.randrange(8)
            case 1:
                content[place] = chance.choice([0, 1, 127, 128, 255])
            case 2:
                del content[place : min(place + chance.randrange(1, 9), len(content) - 1)]
            case 3:
                content[place:place] = chance.randbytes(chance.randrange(1, 5))
            case 4:
                content[place : place + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\x80\0\0\0"])
            case 5:
                del content[max(1, len(content) - chance.randrange(40)) :]
    return with_good_sums(bytes(content)) if chance.random() < 0.8 else bytes(content)


def with_good_sums(content: bytes) -> bytes:
    """A PNG whose checksums are right again, or its first wrong byte would be all that is read."""
    if not content.startswith(b"\x89PNG"):
        return content
    whole, place = content[:8], 8
    while (end := place + 12 + int.from_bytes(content[place : place + 4])) <= len(content):
        whole += chunk(content[place + 4 : place + 8], content[place + 8 : end - 4])
        place = end
    return whole + content[place:]


def outcome(content: bytes) -> str:
    """`refused`, or `drawn`: then it is a plain picture of one of our formats."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of what it overlooks
        try:
            file = redrawn(SimpleUploadedFile("x.png", content)).picture
        except ValidationError:
            return "refused"
    picture = Image.open(file)
    picture.load()
    assert file.name == f"picture.{FORMATS[picture.format]}"
    assert max(picture.size) <= SHOWN_SIDE
    assert not picture.info.keys() & {"exif", "icc_profile", "xmp", "comment", "k", "a"}
    return "drawn"


@pytest.mark.parametrize("name", SEEDS)
def test_broken_picture_is_refused_or_drawn_anew(name, record_property):
    record_property("nasty", {"pictures": MUTATIONS})
    chance = random.Random(name)  # noqa: S311

    outcomes = {outcome(mutated(SEEDS[name], chance)) for _ in range(MUTATIONS)}

    assert outcome(SEEDS[name]) == "drawn"
    assert outcomes == {"refused", "drawn"}


@pytest.mark.parametrize(
    "polyglot", [b"x", b"\0" * 100, b"GIF89a", b"%PDF-1.4", b"PK\3\4", b"RIFF\xff\xff\xff\xffWEBP"]
)
@pytest.mark.parametrize("name", ["png", "jpeg", "webp"])
def test_picture_must_begin_its_file_but_may_be_followed(name, polyglot):
    assert outcome(polyglot + SEEDS[name]) == "refused"
    assert outcome(SEEDS[name] + polyglot) == "drawn"


@pytest.mark.parametrize(
    "fields",
    [{0x0112: 99}, {0x0112: 0}, {0x8769: 2**31}, {0x010E: "x" * 60_000}],
    ids=str,
)
def test_metadata_that_lie_do_no_harm(fields):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = drawn("PNG", exif=exif(fields))

    assert outcome(content) == "drawn"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_is_drawn_as_it_was_held(orientation):
    content = drawn("PNG", exif=exif({0x0112: orientation}))

    held = ImageOps.exif_transpose(Image.open(BytesIO(content)))

    assert Image.open(redrawn(SimpleUploadedFile("x.png", content)).picture).convert("RGB").tobytes() == held.tobytes()


def test_picture_is_drawn_when_its_metadata_cannot_be_rewritten():
    told = b"\x01\x0e\0\2\0\0\0\x0e"  # a description, which is text of 14 bytes
    content = SEEDS["jpeg"].replace(told, b"\x01\x0e\0\5\0\0\0\1")  # which is a fraction

    assert content != SEEDS["jpeg"]
    assert outcome(content) == "drawn"


HEAD = drawn("PNG", "1")[:33]  # up to and with its IHDR
MEGABYTES = zlib.compress(bytes(64 * 2**20), 9)
BOMBS = {
    "more pixels than it says": HEAD + chunk(b"IDAT", MEGABYTES) + chunk(b"IEND", b""),
    "text that swells": HEAD + chunk(b"zTXt", b"a\0\0" + MEGABYTES) + SEEDS["png"][33:],
    "profile that swells": HEAD + chunk(b"iCCP", b"a\0\0" + MEGABYTES) + SEEDS["png"][33:],
    "pixels that it has not": HEAD[:16] + struct.pack(">II", 5000, 5000) + HEAD[24:],
}


@pytest.mark.parametrize("name", BOMBS)
def test_picture_that_swells_takes_no_memory(name):
    outcome(b"\x89PNG" + SEEDS["png"][4:])  # whatever is loaded once
    tracemalloc.start()

    outcome(with_good_sums(BOMBS[name]))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.php", "x", ".htaccess", "x.png.html", "x\u202egnp.exe"])
def test_name_of_the_file_says_nothing_of_its_content(admin_client, branch, settings, tmp_path, name):
    settings.MEDIA_ROOT, product = tmp_path, ProductFactory()
    upload = SimpleUploadedFile(name, SEEDS["webp"], "text/html")

    response = admin_client.put(f"/api/products/{product.pk}/image/", {"image": upload}, format="multipart")

    assert response.status_code == 200
    assert [path.suffix for path in tmp_path.rglob("*.*")] == [".webp"] * 4
