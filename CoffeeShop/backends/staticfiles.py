from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Manifest storage: `collectstatic` writes hashes into names and compresses; without it names stay as they are.

    So a checkout needs no `collectstatic` to start, and a page whose file is newer than the last one still answers.
    """

    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        return self.hashed_files.get(self.hash_key(self.clean_name(name)), name)
