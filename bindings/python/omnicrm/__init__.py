"""OmniCRM: the SQLite of CRM, in Python.

    import omnicrm

    with omnicrm.open("my.db") as crm:
        ada = crm.session("ada@example.org")            # a session is a user
        plan = ada.sync.preview("mail.mbox")            # stores nothing but the plan
        batch = ada.sync.run(ada.sync.approve(plan), progress=True)
        for hit in ada.search("invoice after:2002-01-01"):
            print(hit.occurred_at, hit.subject)
        ada.sync.undo(batch)                            # all as it was before

Every call that can block lets other threads run, and has an `a...` twin for asyncio.
"""

import atexit as _atexit

from . import _native
from ._copy import CopyProgress, CopyReport, acopy_database, copy_database
from ._crm import Crm, aopen, open, operations, user_id, version
from ._display import document as _document
from ._docs import DOCS as _DOCS
from ._errors import (
    AlreadyExists,
    Cancelled,
    Conflict,
    DataLoss,
    DeadlineExceeded,
    Error,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Snooze,
    Unavailable,
    Unsupported,
)
from ._jobs import JobContext, Jobs, Runner
from ._listing import Listing, Page
from ._lists import Audit, Segments, Settings, Tags, Tasks
from ._native import Stop
from ._options import PostgresOptions, SqliteOptions
from ._people import Contacts, Interactions, Organizations, Search
from ._records import *
from ._records import __all__ as _record_names
from ._schedules import Schedules
from ._session import Session
from ._sources import Normalizer, RawItem, Source, SourceItem
from ._sync import Sync

__version__: str = version()

__all__ = [
    "AlreadyExists",
    "Audit",
    "Cancelled",
    "Conflict",
    "Contacts",
    "CopyProgress",
    "CopyReport",
    "Crm",
    "DataLoss",
    "DeadlineExceeded",
    "Error",
    "FailedPrecondition",
    "Interactions",
    "Internal",
    "InvalidArgument",
    "JobContext",
    "Jobs",
    "Listing",
    "Normalizer",
    "NotFound",
    "Organizations",
    "Page",
    "PermissionDenied",
    "PostgresOptions",
    "RawItem",
    "ResourceExhausted",
    "Runner",
    "Schedules",
    "Search",
    "Segments",
    "Session",
    "Settings",
    "Snooze",
    "Source",
    "SourceItem",
    "SqliteOptions",
    "Stop",
    "Sync",
    "Tags",
    "Tasks",
    "Unavailable",
    "Unsupported",
    "acopy_database",
    "aopen",
    "copy_database",
    "open",
    "operations",
    "user_id",
    "version",
]
__all__ += _record_names

_document(_native, _DOCS)
# Job threads must not meet an interpreter that ends.
_atexit.register(_native.close_all)
