"""A source and a normalizer of one's own: a chat's log becomes contacts and a timeline, previewed and undoable.

The log has lines `2026-01-05T09:30:00Z <address> text`.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import omnicrm

LINE = re.compile(r"(?P<at>\S+) <(?P<address>\S+)> (?P<text>.*)")


class ChatLog(omnicrm.Source):
    """One file; its lines are the items, their numbers the source ids."""

    def __init__(self, source: omnicrm.SyncSource) -> None:
        self.path = Path(source.options["file"])
        if not self.path.exists():
            raise omnicrm.NotFound(f"options.file: there is no {self.path}")

    @property
    def connection(self) -> str:
        return f"chat:{self.path.name}"

    def inventory(self, should_stop: Callable[[], bool]) -> list[omnicrm.PlanFile]:
        return [omnicrm.PlanFile(path=str(self.path), format="chat", bytes=self.path.stat().st_size)]

    def read(self, scope: omnicrm.PlanFile, position: str) -> Iterator[omnicrm.SourceItem]:
        with open(scope.path, "rb") as lines:
            for number, line in enumerate(lines, start=1):
                if number <= int(position or 0):
                    continue
                yield omnicrm.SourceItem(
                    service="chat",
                    source_id=str(number),
                    content_type="text/x-chat",
                    payload=line,
                    origin={"path": scope.path, "line": number},
                    next=str(number),
                )


class ChatLine(omnicrm.Normalizer):
    """One line is one message."""

    content_type = "text/x-chat"
    version = 1

    def facts(self, item: omnicrm.RawItem) -> omnicrm.ItemFacts:
        found = LINE.match(item.payload.decode())
        if found is None:
            raise ValueError("not a line of a chat")  # the item is kept as poison, with this reason
        return omnicrm.ItemFacts(
            title=found["text"],
            at=found["at"],
            participants=[omnicrm.Participant(role="to", address=found["address"])],
            marked_sent=True,
        )

    def normalize(
        self, series: Sequence[omnicrm.RawItem], options: omnicrm.NormalizeOptions
    ) -> omnicrm.Normalized:
        facts = self.facts(series[0])
        assert facts.at is not None
        message = omnicrm.Interaction(
            kind=omnicrm.InteractionKind.MESSAGE,
            direction="outbound",
            subject=facts.title,
            body=facts.title,
            occurred_at=facts.at,
            participants=facts.participants,
        )
        return omnicrm.Normalized(
            interactions=[omnicrm.NormalizedInteraction(interaction=message)], facts=facts
        )


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="omnicrm-"))
    log = folder / "chat.log"
    log.write_text(
        "2026-01-05T09:30:00Z <grace@navy.example> good morning\n"
        "2026-01-05T09:31:00Z <charles@engine.example> is the engine ready?\n"
        "something else\n"
    )
    with omnicrm.open(
        folder / "my.db", sources={"chat": ChatLog}, normalizers=[ChatLine()]
    ) as crm:
        ada = crm.session("ada@example.org")
        plan = ada.sync.preview(provider="chat", options={"file": str(log)})
        batch = ada.sync.run(ada.sync.approve(plan))
        print(f"{batch.counts.interactions} messages, {batch.counts.poison} lines that cannot be read")
        for entry in ada.timeline():
            print(f"{entry.occurred_at:%H:%M} {entry.participants[0].address}: {entry.subject}")
        ada.sync.undo(batch)
        print(len(ada.timeline().all()), "left after undo")


if __name__ == "__main__":
    main()
