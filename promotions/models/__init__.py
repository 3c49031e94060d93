from promotions.models.codes import Kind, PromoCode, Redemption
from promotions.models.stamps import StampCard, StampEntry, StampProgramme

__all__ = ["Kind", "PromoCode", "Redemption", "StampCard", "StampEntry", "StampProgramme"]
