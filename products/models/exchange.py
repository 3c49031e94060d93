from django.conf import settings
from django.db import models


class MenuImport(models.Model):
    """A file of the menu that waits for a word after its preview: any process may get that. It goes with the answer."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
