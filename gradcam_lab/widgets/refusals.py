"""What an explorer refuses, in words: traits that it does not have, work after it was closed."""

from typing import Generic, NoReturn, Protocol, TypeVar

from traitlets import TraitError

from gradcam_lab._language import say

Value = TypeVar("Value")


class Offering(Protocol):
    """Whose traits are listed."""

    asked: tuple[str, ...]
    drawn: tuple[str, ...]


class Closed:
    """Stands in place of what a closed explorer has let go of."""

    def refuse(self, *_: object) -> NoReturn:
        """Say what to do instead of using the explorer."""
        raise RuntimeError(say("this explorer was closed: make a new one"))

    __getattr__ = __call__ = __len__ = __getitem__ = refuse


class NotOffered(Generic[Value]):
    """Stands for a trait that other explorers have: to set it would do nothing, and is refused."""

    def __set_name__(self, _owner: type, name: str) -> None:
        """Learn the name of the trait."""
        self._name = name

    def __get__(self, explorer: object, owner: type) -> Value:
        """Say that there is none, as of any attribute."""
        raise AttributeError(
            say("{explorer} has no {trait}", explorer=owner.__name__, trait=self._name)
        )

    def __set__(self, explorer: "Offering", _value: object) -> NoReturn:
        """Say what there is."""
        offered = ", ".join((*explorer.asked, *explorer.drawn))
        raise TraitError(
            say(
                "{explorer} has no {trait}; it has: {offered}",
                explorer=type(explorer).__name__,
                trait=self._name,
                offered=offered,
            )
        )
