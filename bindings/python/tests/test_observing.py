"""Metrics and the fields of log lines."""

from __future__ import annotations

from pathlib import Path

import pytest

import omnicrm


def test_metrics_are_text(tmp_path: Path) -> None:
    with omnicrm.open(tmp_path / "crm.db", metrics=True) as crm:
        session = crm.session("ada")
        session.contacts.create(display_name="Canary q7Zt5canaryX9")
        text = crm.metrics_text()
        assert "canary" not in text
        assert str(session.user) not in text
        for line in text.splitlines():
            assert line.startswith("# ") or line.rsplit(" ", 1)[0].startswith("omnicrm_")
    with pytest.raises(omnicrm.FailedPrecondition):
        crm.metrics_text()


def test_metrics_are_off_unless_asked_for() -> None:
    with omnicrm.open(":memory:") as crm:
        assert crm.metrics_text() == ""


def test_a_log_format_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(omnicrm.InvalidArgument, match="log_format"):
        omnicrm.open(tmp_path / "crm.db", log="info", log_format="xml")  # type: ignore[arg-type]
