"""Pictures in a bucket, for a shop on several machines: `STORAGE_URL`."""

from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}  # Python before 3.13 does not know WebP


class PictureStorage(S3Storage):
    """S3 storage whose trouble is an OSError, as that of a disk is: an upload it cannot take is a 503.

    Names are random and never used again, so nothing has to be asked for before it is written, and browsers may keep
    what they got for good. Addresses carry no signature: the bucket, or the CDN before it, is readable for everybody.
    """

    def __init__(self, **options):
        style = {"addressing_style": options.pop("addressing_style", "auto")}
        # An upload keeps its product locked, so it is given up well before PostgreSQL would give up the transaction.
        timeouts = {"connect_timeout": 3, "read_timeout": 8, "retries": {"total_max_attempts": 2}}
        # Checksums that only Amazon's own servers know.
        checksums = dict.fromkeys(("request_checksum_calculation", "response_checksum_validation"), "when_required")
        config = Config(s3=style, **timeouts, **checksums)
        super().__init__(**{"client_config": config, "querystring_auth": False, "file_overwrite": True, **options})

    def get_object_parameters(self, name: str) -> dict[str, str]:
        kind = TYPES.get(name.rpartition(".")[2], self.default_content_type)
        return {"ContentType": kind, "CacheControl": "public, max-age=31536000, immutable"}

    def _open(self, name: str, mode: str = "rb") -> File:
        with trouble_as_oserror():
            return super()._open(name, mode)

    def _save(self, name: str, content: File) -> str:
        with trouble_as_oserror():
            return super()._save(name, content)

    def exists(self, name: str) -> bool:
        with trouble_as_oserror():
            return super().exists(name)

    def delete(self, name: str) -> None:
        with trouble_as_oserror():
            super().delete(name)


@contextmanager
def trouble_as_oserror() -> Iterator[None]:
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise OSError(f"The bucket: {error}") from error
