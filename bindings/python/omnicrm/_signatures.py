"""Methods that take keywords as they come, shown with the signature that they have."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def takes(signature: Callable[P, T]) -> Callable[[Callable[..., T]], Callable[P, T]]:
    """The function has the parameters of `signature`, for type checkers, `help()` and editors."""

    def apply(function: Callable[..., T]) -> Callable[P, T]:
        function.__signature__ = inspect.signature(signature)  # type: ignore[attr-defined]
        return cast(Callable[P, T], function)

    return apply


def atakes(
    signature: Callable[P, T],
) -> Callable[[Callable[..., Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """The same for the `async` twin of a function."""

    def apply(function: Callable[..., Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        function.__signature__ = inspect.signature(signature)  # type: ignore[attr-defined]
        return cast(Callable[P, Coroutine[Any, Any, T]], function)

    return apply
