import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from users.names import UsernameKeyField, username_key, validate_username


class Role(models.TextChoices):
    USER = "user", _("user")
    ADMIN = "admin", _("administrator")


class CustomUserQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def unchanged_since(self, user: "CustomUser") -> Self:
        """The user's row, unless it was closed, blocked or signed out everywhere after it was read into `user`."""
        return self.active().filter(pk=user.pk, session_epoch=user.session_epoch)

    def administrators(self) -> Self:
        """Those for whom `is_admin` holds."""
        return self.filter(models.Q(role=Role.ADMIN) | models.Q(is_superuser=True))

    def unverified_before(self, moment: datetime) -> Self:
        """Accounts nobody ever confirmed, and no account that may hold power."""
        return self.filter(
            is_verified=False, date_joined__lt=moment, role=Role.USER, is_staff=False, is_superuser=False
        )

    def without_history(self) -> Self:
        """Those who left nothing that has to stay: no row of any model PROTECTs them."""
        users = self
        for relation in self.model._meta.related_objects:
            if relation.on_delete is models.PROTECT:
                rows = relation.related_model._base_manager.filter(**{relation.field.name: models.OuterRef("pk")})
                users = users.exclude(models.Exists(rows))
        return users

    def awaiting_verification(self, address: str) -> Self:
        """Whoever this address was told of and has not confirmed it: before the first time, or as a new address."""
        address = address.lower()
        users = self.alias(lower_email=Lower("email"), lower_pending=Lower("pending_email"))
        is_new_user = models.Q(lower_email=address, is_verified=False) & ~models.Q(email="")
        is_new_address = models.Q(lower_pending=address) & ~models.Q(pending_email="")
        return users.filter(is_new_user | is_new_address).order_by("-is_verified")

    def with_login(self, login: str) -> Self:
        """Whoever signs in as this username or e-mail address: one user at the most."""
        if "@" in login:
            return self.alias(address=Lower("email")).filter(address=login.lower()).exclude(email="")
        return self.filter(username_key=username_key(login))


# By name: `from_queryset` directly on the user model breaks makemigrations.
class CustomUserManager(UserManager.from_queryset(CustomUserQuerySet)):
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
    pending_email = models.EmailField(_("new e-mail address, not yet verified"), blank=True)
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
                Lower("email"),
                condition=~models.Q(email=""),
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
            models.Index(Lower("pending_email"), condition=~models.Q(pending_email=""), name="users_pending_email"),
        ]

    def clean(self) -> None:
        super().clean()
        if CustomUser.objects.with_login(self.username).exclude(pk=self.pk).exists():
            raise ValidationError({"username": _("A user with that username already exists.")}, code="unique")

    @property
    def is_admin(self) -> bool:
        """The one definition of an administrator."""
        return self.role == Role.ADMIN or self.is_superuser

    @property
    def is_closed(self) -> bool:
        """The person left; the row stays for what PROTECTs it. Nobody can ever sign in to it again."""
        return not (self.is_guest or self.email or self.has_usable_password())

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


class TokenFamily(models.Model):
    """One sign-in on one device: the refresh tokens that followed from it, of which only the last is good."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(CustomUser, models.CASCADE, related_name="token_families")
    jti = models.CharField(max_length=32)
    previous_jti = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    rotated_at = models.DateTimeField()
    previous_rotated_at = models.DateTimeField(null=True)
    replay_key = models.CharField(max_length=255, blank=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d %H:%M}"


class IdempotencyRecordManager(models.Manager):
    def insert_unless_held(self, record: "IdempotencyRecord") -> bool:
        """Whether the key was free. Waits until whoever else is inserting the same key commits or rolls back."""
        insert = f"""
            INSERT INTO {self.model._meta.db_table} (user_id, operation, key, fingerprint, body, created_at)
            VALUES (%s, %s, %s, %s, '', %s) ON CONFLICT (user_id, operation, key) DO NOTHING
        """  # noqa: S608 - the table's own name, no input
        created_at = connection.ops.adapt_datetimefield_value(record.created_at)
        with connection.cursor() as cursor:
            cursor.execute(insert, [record.user_id, record.operation, record.key, record.fingerprint, created_at])
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
        constraints = [
            models.UniqueConstraint(fields=["user", "operation", "key"], name="users_idempotencyrecord_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
