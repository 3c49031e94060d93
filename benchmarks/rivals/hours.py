"""Opening hours for those rivals that have them; the branches measured are always open."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def standing(timezone: str, hours: list, now: datetime) -> dict:
    """Rows have `weekday`, `opens` and `closes`; no rows mean always open."""
    if not hours:
        return {"is_open": True, "next_change_at": None}
    today = now.astimezone(ZoneInfo(timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = []
    for days in range(-1, 9):
        day = today + timedelta(days=days)
        for row in hours:
            if row.weekday == day.weekday():
                night = timedelta(days=int(row.closes <= row.opens))
                moments.append((datetime.combine(day, row.opens, day.tzinfo), True))
                moments.append((datetime.combine(day + night, row.closes, day.tzinfo), False))
    past = [opens for moment, opens in sorted(moments) if moment <= now]
    return {"is_open": past[-1], "next_change_at": min(moment for moment, _opens in moments if moment > now)}
