"""Lists that are read page by page, while one goes through them."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from ._display import rows_table
from ._native import PageRequest
from ._threads import in_thread


class _HasDict(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


T = TypeVar("T", bound=_HasDict)

_SHOWN = 20  # rows in a notebook


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page: its items, and the cursor of the next one (None on the last)."""

    items: tuple[T, ...]
    next: str | None

    def _repr_html_(self) -> str:
        return rows_table(self.items, more=self.next is not None)


class Listing(Generic[T]):
    """A lazy list: nothing is read before one asks, and then a page at a time.

    `for x in listing` reads from the start, each time anew; `async for x in listing` does so without blocking
    the event loop. Rows that come or go meanwhile neither repeat nor hide others.
    """

    def __init__(
        self,
        fetch: Callable[[PageRequest], tuple[tuple[T, ...], str | None]],
        name: str,
        limit: int | None = None,
        page_size: int = 100,
    ) -> None:
        if limit is not None and limit < 0:
            raise ValueError("limit: is negative")
        self._fetch = fetch
        self._name = name
        self._limit = limit
        self._page_size = page_size if limit is None else max(1, min(page_size, limit))

    def page(self, cursor: str | None = None, *, limit: int | None = None) -> Page[T]:
        """One page, from `cursor` on (`Page.next` of the page before)."""
        size = self._page_size if limit is None else limit
        return Page(*self._fetch(PageRequest(limit=size, cursor=cursor or "")))

    def pages(self) -> Iterator[Page[T]]:
        """Page by page, to the end; not cut at `limit`."""
        cursor: str | None = None
        while True:
            page = self.page(cursor)
            yield page
            if page.next is None:
                return
            cursor = page.next

    def __iter__(self) -> Iterator[T]:
        if self._limit == 0:
            return iter(())
        rows = itertools.chain.from_iterable(page.items for page in self.pages())
        return itertools.islice(rows, self._limit)

    async def __aiter__(self) -> AsyncIterator[T]:
        left = self._limit
        cursor: str | None = None
        while left != 0:
            page = await in_thread(self.page, cursor)
            for item in page.items[:left]:
                yield item
            left = None if left is None else max(0, left - len(page.items))
            if page.next is None:
                return
            cursor = page.next

    def all(self) -> builtins.list[T]:
        """Everything (up to `limit`) as a list."""
        return list(self)

    def first(self) -> T | None:
        """The first item; None when there is none."""
        items = self.page(limit=1).items if self._limit != 0 else ()
        return items[0] if items else None

    def to_dicts(self) -> builtins.list[dict[str, Any]]:
        """Everything as dicts: `pandas.DataFrame(listing.to_dicts())`."""
        return [item.to_dict() for item in self]

    async def apage(self, cursor: str | None = None, *, limit: int | None = None) -> Page[T]:
        return await in_thread(self.page, cursor, limit=limit)

    async def aall(self) -> builtins.list[T]:
        return await in_thread(self.all)

    async def afirst(self) -> T | None:
        return await in_thread(self.first)

    async def ato_dicts(self) -> builtins.list[dict[str, Any]]:
        return await in_thread(self.to_dicts)

    def __repr__(self) -> str:
        return f"<{self._name}: a list to go through, or .all(), .page(), .to_dicts()>"

    def _repr_html_(self) -> str:
        rows = list(itertools.islice(self, _SHOWN + 1))
        return rows_table(rows[:_SHOWN], more=len(rows) > _SHOWN)
