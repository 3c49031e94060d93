import getpass

from django.contrib.auth.management.commands import changepassword

from users.models import CustomUser
from users.tokens import end_all_sessions


class Command(changepassword.Command):
    """Django's command; a new password ends all sessions here, too."""

    def handle(self, *args, **options):
        answer = super().handle(*args, **options)
        end_all_sessions(CustomUser.objects.get_by_natural_key(options["username"] or getpass.getuser()))
        return answer
