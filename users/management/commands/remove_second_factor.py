from django.core.management.base import BaseCommand, CommandError

from users.exceptions import OtpNotSetUp
from users.models import CustomUser
from users.services.second_factor import switch_off


class Command(BaseCommand):
    help = "Takes two-factor sign-in off an administrator who has lost the device and the recovery codes."

    def add_arguments(self, parser):
        parser.add_argument("login", help="the username or the e-mail address")

    def handle(self, *, login: str, **options):
        user = CustomUser.objects.active().with_login(login).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {login}.")
        try:
            switch_off(user=user)
        except OtpNotSetUp:
            raise CommandError(f"{user} has no two-factor sign-in.") from None
        self.stdout.write(f"Removed the second factor of {user}, and ended all sessions")
