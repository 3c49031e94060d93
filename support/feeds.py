from dataclasses import dataclass
from typing import Self

from support.models import Conversation


@dataclass
class Feed:
    """State of a conversation as one socket has sent it to its client so far."""

    cursor: int
    read: dict[str, int]
    standing: tuple[str, int | None]

    @classmethod
    def of(cls, conversation: Conversation, after: int | None) -> Self:
        """From behind `after`, or from now on. A future `after` is now, or messages up to it would be skipped."""
        cursor = conversation.last_seq if after is None else min(after, conversation.last_seq)
        read = {"customer": conversation.customer_read_seq, "staff": conversation.staff_read_seq}
        return cls(cursor, read, (conversation.status, conversation.assignee_id))

    def passed(self, line: dict) -> None:
        """Skip the author's read mark: whoever wrote a message has read up to it, so that needs no frame of its own."""
        side = "staff" if line["is_staff"] else "customer"
        self.cursor = line["seq"]
        self.read[side] = max(self.read[side], line["seq"])

    def moved_marks(self, conversation: dict) -> list[str]:
        """Sides whose read mark has moved since the client was told; it is told now."""
        moved = [side for side, seq in self.read.items() if conversation[f"{side}_read_seq"] > seq]
        self.read.update({side: conversation[f"{side}_read_seq"] for side in moved})
        return moved

    def takes_standing(self, conversation: dict) -> bool:
        """Status and assignee are what messages and marks do not tell. True when they are others than before."""
        assignee = conversation["assignee"]
        standing = (conversation["status"], assignee and assignee["id"])
        is_new, self.standing = standing != self.standing, standing
        return is_new
