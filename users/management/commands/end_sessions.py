from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand

from users.tokens import end_sessions_of_everybody


class Command(BaseCommand):
    help = "Signs everybody out, tokens and admin sessions alike. For after a restore."

    def handle(self, **options):
        Session.objects.all().delete()
        self.stdout.write(f"Signed out {end_sessions_of_everybody()} users")
