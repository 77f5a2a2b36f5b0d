"""Progress bars: tqdm's when it is installed, else none."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from ._native import BatchProgress, BatchState, PreviewProgress

P = TypeVar("P", PreviewProgress, BatchProgress)

Progress = bool | Callable[[P], object] | None


def _bar(**options: Any) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(**options)


@contextlib.contextmanager
def preview_progress(
    wanted: Progress[PreviewProgress],
) -> Iterator[Callable[[PreviewProgress], object] | None]:
    """What to call while a preview reads: the caller's own function, a bar, or nothing."""
    bar = _bar(unit="B", unit_scale=True, desc="preview") if wanted is True else None
    if bar is None:
        yield wanted if callable(wanted) else None
        return

    def show(far: PreviewProgress) -> None:
        bar.total = far.total_bytes or None
        bar.set_postfix_str(f"{far.items} items", refresh=False)
        bar.update(far.bytes - bar.n)

    with bar:
        yield show


@contextlib.contextmanager
def batch_progress(
    wanted: Progress[BatchProgress], what: str
) -> Iterator[Callable[[BatchProgress], object] | None]:
    """The same while a batch runs or is undone."""
    bar = _bar(unit=" items", desc=what) if wanted is True else None
    if bar is None:
        yield wanted if callable(wanted) else None
        return

    def show(far: BatchProgress) -> None:
        if far.state in (BatchState.RUNNING, BatchState.UNDOING) or far.total:
            bar.total = far.total or None
            bar.update(max(0, far.done - bar.n))

    with bar:
        yield show
