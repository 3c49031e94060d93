from realtime.broker import Inbox


async def test_event_is_lost_when_the_inbox_is_full():
    inbox = Inbox()

    for number in range(Inbox.MAX_EVENTS + 1):
        inbox.deliver({"number": number})

    assert inbox.qsize() == Inbox.MAX_EVENTS


async def test_important_work_comes_first_when_the_inbox_is_full():
    inbox = Inbox()
    for number in range(Inbox.MAX_EVENTS):
        inbox.deliver({"number": number})

    inbox.put_first({"type": "auth.over"})

    assert await inbox.get() == {"type": "auth.over"}
    assert await inbox.get() == {"number": 0}
