"""Forms made from typed options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from magicgui.widgets import Container, create_widget
from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

__all__ = ["OptionsForm"]

Options = TypeVar("Options", bound=BaseModel)


class OptionsForm(Generic[Options]):
    """A magicgui form with a field per option; its description is the tooltip and the accessible text.

    Parameters
    ----------
    options : BaseModel
        Values at first; a frozen model with a title and description per field.
    on_changed : callable
        Gets the options as they are after each change that makes valid ones.
    """

    def __init__(self, options: Options, on_changed: Callable[[Options], None]) -> None:
        self._model, self._on_changed = type(options), on_changed
        self._container: Container[Any] = Container(
            widgets=[self._field(options, name) for name in self._model.model_fields]
        )
        self._container.changed.connect(self._tell)

    @property
    def widget(self) -> QWidget:
        """The Qt widget."""
        widget: QWidget = self._container.native
        return widget

    def field(self, name: str) -> Any:
        """Return the magicgui widget of a field."""
        return self._container[name]

    def _field(self, options: Options, name: str) -> Any:
        description = self._model.model_fields[name]
        label = description.title or name.capitalize()
        field = create_widget(
            value=getattr(options, name),
            annotation=description.annotation,
            name=name,
            label=label,
            options={"tooltip": description.description},
        )
        field.native.setAccessibleName(label)
        field.native.setAccessibleDescription(description.description or "")
        return field

    def _tell(self) -> None:
        try:
            options = self._model.model_validate(self._container.asdict())
        except ValidationError:
            return  # half-typed values are not taken
        self._on_changed(options)
