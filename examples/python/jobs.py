"""Durable jobs: plain functions and coroutines, progress, retries, snoozing; enqueued with the data they are about."""

import asyncio
import tempfile
import uuid
from pathlib import Path

import omnicrm


def main() -> None:
    with omnicrm.open(Path(tempfile.mkdtemp(prefix="omnicrm-")) / "my.db") as crm:

        @crm.jobs.handler("greet", timeout=30)
        def greet(job: omnicrm.JobContext) -> dict[str, str]:
            contact = job.session().contacts.get(job.payload["contact"])
            job.progress(1, 2, "found them")
            if job.attempt == 1:
                raise omnicrm.Unavailable("the mail server sleeps", retryable=True)
            return {"sent": f"Dear {contact.display_name}"}

        @crm.jobs.handler("poll")
        async def poll(job: omnicrm.JobContext) -> str:
            await asyncio.sleep(0.01)
            if not job.session().tags.list().all():
                raise omnicrm.Snooze(0.05)  # look again later; costs no attempt
            return "there is a tag"

        end = crm.jobs.on_progress(lambda far: print(f"{far.kind}: {far.done} of {far.total} ({far.note})"))
        ada = crm.session("ada@example.org")

        def add(session: omnicrm.Session) -> uuid.UUID:
            """The contact and the job about it: both or none."""
            grace = session.contacts.create(display_name="Grace Hopper")
            return session.jobs.enqueue("greet", {"contact": str(grace.id)})

        greeting = ada.transaction(add)
        polling = ada.jobs.enqueue("poll", unique_key="only one")
        with crm.jobs.running():  # a service's threads; crm.jobs.run_until_idle() for a script
            ada.tags.create("customer")
            while not all(ada.jobs.get(key).finished_at for key in (greeting, polling)):
                asyncio.run(asyncio.sleep(0.02))
        end()
        for key in (greeting, polling):
            job = ada.jobs.get(key)
            print(f"{job.kind}: {job.state} after {job.attempt} starts, {job.result}")


if __name__ == "__main__":
    main()
