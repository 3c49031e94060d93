import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from rest.trigrams import one_text
from users.addresses import EmailKeyField, deliverable, email_key, normalise_email
from users.names import UsernameKeyField, normalise_password, username_key, validate_username


class Role(models.TextChoices):
    USER = "user", _("user")
    ADMIN = "admin", _("administrator")


def relations_to(model: type[models.Model]) -> list[models.ForeignObjectRel]:
    """Relations that point at the model's rows, also without a name for the way back."""
    fields = model._meta.get_fields(include_hidden=True)
    return [field for field in fields if field.one_to_many or (field.one_to_one and field.auto_created)]


def unprotected(rows: models.QuerySet) -> models.QuerySet:
    """Rows that may be deleted: no row of any model PROTECTs them."""
    for relation in relations_to(rows.model):
        if relation.on_delete is models.PROTECT:
            protecting = relation.related_model._base_manager.filter(**{relation.field.name: models.OuterRef("pk")})
            rows = rows.exclude(models.Exists(protecting))
    return rows


class CustomUserQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def unchanged_since(self, user: "CustomUser") -> Self:
        """The user's row, unless it was closed, blocked or signed out everywhere after it was read into `user`."""
        return self.active().filter(pk=user.pk, session_epoch=user.session_epoch)

    def administrators(self) -> Self:
        """Users for whom `is_admin` holds."""
        return self.filter(models.Q(role=Role.ADMIN) | models.Q(is_superuser=True))

    def unverified_before(self, moment: datetime) -> Self:
        """Accounts nobody ever confirmed, and no account that may hold power."""
        return self.filter(
            is_verified=False, date_joined__lt=moment, role=Role.USER, is_staff=False, is_superuser=False
        )

    def without_history(self) -> Self:
        """Users who left nothing that has to stay."""
        return unprotected(self)

    def awaiting_verification(self, address: str) -> Self:
        """Accounts with an open verification of this address: the one that has it, or else all that claim it."""
        key = email_key(address)
        owner = self.filter(email_key=key).exclude(email_key="")
        if owner.exists():
            return owner.filter(is_verified=False)
        return self.filter(pending_email_key=key).exclude(pending_email_key="").order_by("pk")

    def reachable(self) -> Self:
        """Users who may be written to: a stranger's address gets nothing but the question whether it is theirs."""
        return self.active().filter(is_verified=True).exclude(email="")

    def matching(self, words: list[str]) -> Self:
        """Users in whose username, address or name every word occurs, in any case."""
        users = self.alias(texts=one_text("username", "email", "first_name", "last_name"))
        for word in words:
            users = users.filter(texts__icontains=word)
        return users

    def with_login(self, login: str) -> Self:
        """The user with this username or e-mail address: one at the most."""
        if "@" in login:
            return self.filter(email_key=email_key(login))
        return self.filter(username_key=username_key(login))


# By name: `from_queryset` directly on the user model breaks makemigrations.
class CustomUserManager(UserManager.from_queryset(CustomUserQuerySet)):
    @classmethod
    def normalize_email(cls, email):
        """Django's hook, so that every way of creating a user stores the one form."""
        try:
            return normalise_email(email) if email else ""
        except ValidationError:
            return email

    def _create_user_object(self, username, email, password, **extra_fields):
        return super()._create_user_object(username, email, normalise_password(password), **extra_fields)

    def create_superuser(self, username, email=None, password=None, **extra_fields):
        return super().create_superuser(username, email, password, role=Role.ADMIN, is_verified=True, **extra_fields)


class CustomUser(AbstractUser):
    username = models.CharField(
        _("username"),
        max_length=150,
        unique=True,
        validators=[validate_username],
        help_text=_("Up to 150 letters, digits and . + - _"),
        error_messages={"unique": _("A user with that username already exists.")},
    )
    username_key = UsernameKeyField(max_length=600, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), blank=True)
    email_key = EmailKeyField(of="email", max_length=600, editable=False)
    pending_email = models.EmailField(_("new e-mail address, not yet verified"), blank=True)
    pending_email_key = EmailKeyField(of="pending_email", max_length=600, editable=False)
    # Part of every link that is sent; it moves on, and with it all links so far are void for good.
    link_nonce = models.PositiveIntegerField(default=0, editable=False)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.USER)
    is_verified = models.BooleanField(_("verified"), default=False)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="en")
    is_guest = models.BooleanField(_("guest"), default=False)
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects = CustomUserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            # A closed account keeps its row, for its orders, but no address.
            models.UniqueConstraint(
                fields=["email_key"],
                condition=~models.Q(email_key=""),
                name="users_customuser_email_unique",
                violation_error_message=_("A user with that e-mail address already exists."),
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="users_customuser_role_known"),
            models.CheckConstraint(
                condition=models.Q(is_guest=False)
                | models.Q(
                    email="", pending_email="", is_verified=False, role=Role.USER, is_staff=False, is_superuser=False
                ),
                name="users_customuser_guest_has_no_address_and_no_power",
            ),
        ]
        indexes = [
            models.Index(fields=["is_verified", "date_joined"], name="users_unverified"),
            models.Index(
                fields=["pending_email_key"], condition=~models.Q(pending_email_key=""), name="users_pending_email"
            ),
        ]

    def clean(self) -> None:
        super().clean()
        if CustomUser.objects.with_login(self.username).exclude(pk=self.pk).exists():
            raise ValidationError({"username": _("A user with that username already exists.")}, code="unique")
        if self.email and CustomUser.objects.with_login(self.email).exclude(pk=self.pk).exists():
            raise ValidationError({"email": _("A user with that e-mail address already exists.")}, code="unique")

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(normalise_password(raw_password))

    def check_password(self, raw_password: str) -> bool:
        return super().check_password(normalise_password(raw_password))

    def readdress(self, *, email: str, pending_email: str = "") -> list[str]:
        """Set the address in force and the one that waits, and void every link so far. Returns the fields to save."""
        self.email, self.pending_email = email, pending_email
        self.link_nonce += 1
        return ["email", "email_key", "pending_email", "pending_email_key", "link_nonce"]

    @property
    def mail_address(self) -> str:
        """Address for e-mails other than a verification, as mail servers take it: none before it is verified."""
        return deliverable(self.email) if self.is_verified else ""

    @property
    def is_admin(self) -> bool:
        """The one definition of an administrator."""
        return self.role == Role.ADMIN or self.is_superuser

    @property
    def is_closed(self) -> bool:
        """The person left; the row stays for what PROTECTs it. Nobody can ever sign in to it again."""
        return not (self.is_guest or self.email or self.has_usable_password())

    @property
    def has_second_factor(self) -> bool:
        """True for administrators with a device: who stops being one loses it."""
        return self.is_admin and self.totpdevice_set.filter(confirmed=True).exists()

    @property
    def lacks_second_factor(self) -> bool:
        return settings.ADMIN_OTP_REQUIRED and self.is_admin and not self.has_second_factor

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """An administrator may do in the admin site whatever concerns the shop's own apps."""
        return self._administers(perm.partition(".")[0]) or super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        return self._administers(app_label) or super().has_module_perms(app_label)

    def _administers(self, app_label: str) -> bool:
        return self.is_active and self.is_admin and app_label in settings.SHOP_APPS

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Ends sessions of the admin site when the epoch moves on, not only when the password does."""
        value = f"{self.password}{self.session_epoch}"
        return salted_hmac("users.session", value, secret=secret, algorithm="sha256").hexdigest()


class RecoveryCode(models.Model):
    """A code that signs in once, in place of the authenticator app's. Only its digest is kept."""

    user = models.ForeignKey(CustomUser, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="users_recoverycode_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.user}"


class TokenFamily(models.Model):
    """One sign-in on one device: the refresh tokens that followed from it, of which only the last is good."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(CustomUser, models.CASCADE, related_name="token_families")
    jti = models.CharField(max_length=32)
    previous_jti = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    rotated_at = models.DateTimeField()
    replay_key = models.CharField(max_length=255, blank=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d %H:%M}"


MOST_KEYS = 1000  # of a user; with one more the oldest goes


class IdempotencyRecordManager(models.Manager):
    def insert_unless_held(self, record: "IdempotencyRecord") -> bool:
        """Insert the key unless it exists; False when it does. Waits until whoever else is inserting the same key
        commits or rolls back.
        """
        table = self.model._meta.db_table
        own = [record.user_id, record.operation, record.key]
        prune = f"""
            DELETE FROM {table} WHERE user_id = %s AND NOT (operation = %s AND key = %s) AND id <=
            (SELECT id FROM {table} WHERE user_id = %s ORDER BY id DESC LIMIT 1 OFFSET {MOST_KEYS - 1})
        """  # noqa: S608 - the table's own name, no input
        insert = f"""
            INSERT INTO {table} (user_id, operation, key, fingerprint, body, created_at)
            VALUES (%s, %s, %s, %s, '', %s) ON CONFLICT (user_id, operation, key) DO NOTHING
        """  # noqa: S608
        created_at = connection.ops.adapt_datetimefield_value(record.created_at)
        statements = [(prune, [*own, record.user_id]), (insert, [*own, record.fingerprint, created_at])]
        if connection.vendor == "postgresql":  # which takes both in one round trip
            statements = [(f"{prune}; {insert}", [*own, record.user_id, *own, record.fingerprint, created_at])]
        with connection.cursor() as cursor:
            for sql, values in statements:
                cursor.execute(sql, values)
            return cursor.rowcount == 1


class IdempotencyRecord(models.Model):
    """The answer that one write got, so that its repetition gets the same one."""

    user = models.ForeignKey(CustomUser, models.CASCADE, related_name="idempotency_records")
    operation = models.CharField(max_length=30)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = IdempotencyRecordManager()

    class Meta:
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        constraints = [
            models.UniqueConstraint(fields=["user", "operation", "key"], name="users_idempotencyrecord_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
