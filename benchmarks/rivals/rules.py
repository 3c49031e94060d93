"""Rules shared by the rivals that take orders: the promise, looked for minute by minute, and the text of the e-mail."""

from datetime import timedelta

MINUTE = timedelta(minutes=1)
EMAIL = "Hello {},\n\nyour order {} at {}:\n\n{}\n\nTotal: {} {}"


def first_that_fits(work, seconds, baristas, now):
    """The first full minute for which so much more work leaves every promise standing; `work` is in order."""
    moment = now.replace(second=0, microsecond=0) + MINUTE
    while not fits(work, seconds, moment, baristas, now):
        moment += MINUTE
    return moment


def fits(work, seconds, moment, baristas, now):
    """True when the work due by then, and by each later due moment, fits into the time until that moment."""
    due = seconds + sum(one.seconds for one in work if one.due_at <= moment)
    later = [one for one in work if one.due_at > moment]
    for at, more in [(moment, 0), *((one.due_at, one.seconds) for one in later)]:
        due += more
        if due > baristas * (at - now).total_seconds():
            return False
    return True
