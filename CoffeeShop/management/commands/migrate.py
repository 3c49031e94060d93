from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections


class Command(migrate.Command):
    help = f"{migrate.Command.help} Waits for no lock longer than two seconds, while the shop goes on."

    def handle(self, *args, **options):
        try:
            # A statement that waits for a lock on a table makes everybody wait who comes after it. An index on a big
            # table, on the other hand, may take its time.
            tell(options["database"], "SET lock_timeout = '2s'; SET statement_timeout = 0")
            super().handle(*args, **options)
        except OperationalError as error:
            raise CommandError(f"{str(error).strip()}\nNothing of the last migration is kept: run it again.") from error
        tell(options["database"], "RESET lock_timeout; RESET statement_timeout")


def tell(database: str, sql: str) -> None:
    connection = connections[database]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(sql)
