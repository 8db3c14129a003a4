"""Closed, named sets of classes; 255 means nothing said, always."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from napari_rsseg.classes.findings import sentences_of
from napari_rsseg.errors import SchemeError

__all__ = [
    "BUILTIN_SCHEMES",
    "CLOUD",
    "GRASS",
    "IGNORED",
    "LANDSLIDE",
    "ClassDefinition",
    "Scheme",
    "builtin_scheme",
]

IGNORED = 255
"""Label id of pixels about which nothing is said: never predicted, counted or trained on."""


class ClassDefinition(BaseModel):
    """One class of a scheme.

    Attributes
    ----------
    name : str
        As shown in legends and written to files.
    colour : str
        ``#rrggbb``.
    definition : str
        What belongs to the class, in a sentence; shown on hover.
    minimum_mapping_unit_m2 : float or None
        Smallest area worth mapping, in square metres.
    example : str or None
        Path of an example picture.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
    definition: str = ""
    minimum_mapping_unit_m2: Annotated[float, Field(gt=0)] | None = None
    example: str | None = None


class Scheme(BaseModel):
    """Ordered classes, ids from 0.

    Attributes
    ----------
    name : str
        Key of the scheme.
    classes : tuple of ClassDefinition
        Position is the label id.
    background : tuple of str
        Names of classes that are shown transparent until the user asks for them.

    Raises
    ------
    SchemeError
        With all that is wrong, each with its key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]
    classes: tuple[ClassDefinition, ...]
    background: tuple[str, ...] = ()

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            said = [detail.get("ctx", {}).get("error") for detail in error.errors()]
            if len(said) == 1 and isinstance(said[0], SchemeError):
                raise said[0] from error
            found = sentences_of(error, type(self).model_fields, ClassDefinition.model_fields)
            raise SchemeError(
                f"The scheme is not valid: {'; '.join(found)}.",
                "Give a name, and classes of name and colour (#rrggbb) each.",
            ) from error

    @model_validator(mode="after")
    def _check(self) -> Scheme:
        names = [definition.name for definition in self.classes]
        if not 1 <= len(names) <= IGNORED:
            raise SchemeError(
                f"Scheme {self.name} has {len(names)} classes.", f"Give 1 to {IGNORED} classes."
            )
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise SchemeError(
                f"Scheme {self.name} names {repeated} more than once.", "Give each class its own name."
            )
        unknown = sorted(set(self.background) - set(names))
        if unknown:
            raise SchemeError(
                f"Scheme {self.name} calls {unknown} background, which are none of its classes {names}.",
                "Name background classes as they are written in classes.",
            )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Class names in order of their ids."""
        return tuple(definition.name for definition in self.classes)

    @property
    def background_ids(self) -> tuple[int, ...]:
        """Ids of the background classes."""
        return tuple(index for index, name in enumerate(self.names) if name in self.background)

    def id_of(self, name: str) -> int:
        """Return the id of a class.

        Raises
        ------
        SchemeError
            When no class has that name.
        """
        try:
            return self.names.index(name)
        except ValueError:
            raise SchemeError(
                f"Scheme {self.name} has no class {name!r}.", f"Its classes are {', '.join(self.names)}."
            ) from None


# Colours after Okabe and Ito 2008 and Wong 2011 (Nature Methods 8:441), told apart by colour-blind readers;
# grass is a ramp from light to dark, its steps spread so that all three kinds of colour blindness see five.
GRASS = Scheme(
    name="grass",
    classes=(
        ClassDefinition(
            name="low", colour="#f4fee3", definition="Less than a fifth of the ground is covered by grass."
        ),
        ClassDefinition(name="middle-low", colour="#e9dd63", definition="One to two fifths are covered."),
        ClassDefinition(name="middle", colour="#85a04c", definition="Two to three fifths are covered."),
        ClassDefinition(name="middle-high", colour="#347a55", definition="Three to four fifths are covered."),
        ClassDefinition(name="high", colour="#003d3c", definition="More than four fifths are covered."),
    ),
)
CLOUD = Scheme(
    name="cloud",
    classes=(
        ClassDefinition(
            name="clear", colour="#009e73", definition="Ground or water seen without cloud or shadow."
        ),
        ClassDefinition(name="cloud shadow", colour="#0072b2", definition="Ground darkened by a cloud."),
        ClassDefinition(
            name="thin cloud", colour="#56b4e9", definition="Cloud or haze through which ground is seen."
        ),
        ClassDefinition(name="cloud", colour="#f0e442", definition="Cloud that hides the ground."),
    ),
    background=("clear",),
)
LANDSLIDE = Scheme(
    name="landslide",
    classes=(
        ClassDefinition(name="background", colour="#999999", definition="Ground that has not slid."),
        ClassDefinition(
            name="landslide", colour="#d55e00", definition="Scar, path and deposit of a landslide."
        ),
    ),
    background=("background",),
)

BUILTIN_SCHEMES: dict[str, Scheme] = {scheme.name: scheme for scheme in (GRASS, CLOUD, LANDSLIDE)}


def builtin_scheme(name: str) -> Scheme:
    """Return a built-in scheme by name.

    Raises
    ------
    SchemeError
        When there is none of that name.
    """
    if name not in BUILTIN_SCHEMES:
        raise SchemeError(f"There is no scheme {name!r}.", f"Built in are {', '.join(BUILTIN_SCHEMES)}.")
    return BUILTIN_SCHEMES[name]
