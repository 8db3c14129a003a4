"""What numbers and colours in somebody's masks mean: ``255=landslide,64=cloud shadow,(255,0,255)=cloud``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import SchemeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme

__all__ = ["UNKNOWN", "LabelMap", "parse_label_map"]

UNKNOWN = 256
"""What `LabelMap.translate` answers where a number or colour means nothing."""
_LARGEST = 65535
_NUMBER = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")
_COLOUR = re.compile(r"\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)")
_ENTRY = re.compile(r"\s*(\([^)]*\)|[^=,(]*)\s*(=?)([^,(=]*)(?:,|$)")


@dataclass(frozen=True)
class LabelMap:
    """Meaning of the numbers or colours of a mask.

    Attributes
    ----------
    classes : int
        Number of classes; a number below it that no entry names is that class.
    numbers : tuple of (int, int, int)
        First and last number, and their class id or 255.
    colours : tuple of ((int, int, int), int)
        Red, green, blue, and their class id or 255.
    tolerance : int
        How far a number, or each channel of a colour, may lie from the nearest entry.
    zero : int or None
        Class of 0, or black, where no entry names it and a tolerance or colours are given; None: unknown.
    """

    classes: int
    numbers: tuple[tuple[int, int, int], ...] = ()
    colours: tuple[tuple[tuple[int, int, int], int], ...] = ()
    tolerance: int = 0
    zero: int | None = None

    def translate(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint16]:
        """Return class ids, 255 where nothing is said, `UNKNOWN` where the value means nothing.

        Parameters
        ----------
        values : ndarray, (n,) or (n, 3)
            Numbers, or colours where `colours` are named; NaN says nothing.

        Returns
        -------
        ndarray, (n,), uint16
            Of two entries equally near that mean different classes neither is taken.
        """
        if self.colours and values.ndim == 1:
            values = np.stack([values] * 3, axis=1)
        silent = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        distances, ids = self._distances(np.where(np.isfinite(values), values, 0).astype(np.float64))
        if not ids:
            answer = np.full(len(values), UNKNOWN, dtype=np.uint16)
        else:
            meaning = np.array(ids, dtype=np.uint16)
            nearest = distances.min(axis=1)
            answer = meaning[distances.argmin(axis=1)]
            is_near = distances == nearest[:, None]
            is_torn = (is_near & (meaning[None, :] != answer[:, None])).any(axis=1)
            answer[is_torn | (nearest > self.tolerance)] = UNKNOWN
        if values.ndim == 1:
            answer = self._plain_ids(values, answer)
        answer[silent] = IGNORED
        return answer

    def _plain_ids(
        self, values: npt.NDArray[np.generic], answer: npt.NDArray[np.uint16]
    ) -> npt.NDArray[np.uint16]:
        """Let ids of the scheme, and 255, stand for themselves where no entry took them."""
        numbers = np.where(np.isfinite(values), values, UNKNOWN).astype(np.float64)
        is_free = answer == UNKNOWN
        if not self.tolerance:
            is_id = (numbers >= 0) & (numbers < self.classes) & (numbers == np.floor(numbers))
            answer = np.where(is_free & is_id, numbers, answer).astype(np.uint16)
        answer[is_free & (numbers == IGNORED)] = IGNORED
        return answer

    def _distances(self, values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], list[int]]:
        """Return the distance of each value to each entry, and the ids of the entries."""
        columns: list[npt.NDArray[np.float64]] = []
        ids: list[int] = []
        grey = values if values.ndim == 1 else None
        for first, last, label in self.numbers:
            if grey is not None:
                columns.append(np.maximum(np.maximum(first - grey, grey - last), 0))
            else:
                inside = np.clip(values.mean(axis=1), first, last)
                columns.append(np.abs(values - inside[:, None]).max(axis=1))
            ids.append(label)
        for colour, label in self.colours:
            columns.append(np.abs(values - np.array(colour, dtype=np.float64)).max(axis=1))
            ids.append(label)
        if self.zero is not None:
            columns.append(np.abs(values) if grey is not None else np.abs(values).max(axis=1))
            ids.append(self.zero)
        return (np.stack(columns, axis=1) if columns else np.empty((len(values), 0))), ids


def parse_label_map(text: str, scheme: Scheme, *, tolerance: int = 0) -> LabelMap:
    """Read ``64=cloud shadow,128-255=cloud,(255,0,255)=landslide,0=ignore``.

    Parameters
    ----------
    text : str
        Numbers, ranges of numbers or colours, each with the name of a class or ``ignore``; empty: numbers
        are class ids.
    scheme : Scheme
        Whose classes are named. What is not named stays what it is: class ids, and 255 for nothing said.
        With a tolerance, or with colours, 0 and black stay only where they are background.
    tolerance : int
        How far values may lie from the named ones, as at blurred edges and in JPEG files.

    Raises
    ------
    SchemeError
        With all entries that are not of this form, or name no class.
    """
    if tolerance < 0:
        raise SchemeError(f"The tolerance is {tolerance}.", "Give 0 or a positive number.")
    known = {**{name: index for index, name in enumerate(scheme.names)}, "ignore": IGNORED}
    numbers: list[tuple[int, int, int]] = []
    colours: list[tuple[tuple[int, int, int], int]] = []
    problems: list[str] = []
    for key, sign, name in _entries(text):
        entry = f"{key}{sign}{name}"
        number, colour = _parts(_NUMBER, key, _LARGEST), _parts(_COLOUR, key, IGNORED)
        if not sign or not (number or colour):
            problems.append(f"{entry!r} is not NUMBER=CLASS or (R,G,B)=CLASS")
        elif name not in known:
            problems.append(f"{name!r} is no class of {scheme.name}")
        elif number:
            numbers.append((number[0], number[-1], known[name]))
        else:
            colours.append(((colour[0], colour[1], colour[2]), known[name]))
    if problems:
        raise SchemeError(
            f"The class map has mistakes: {'; '.join(problems)}.",
            "Write NUMBER=CLASS, FIRST-LAST=CLASS or (R,G,B)=CLASS with "
            f"{', '.join(scheme.names)} or ignore.",
        )
    is_zero_named = any(first == 0 for first, _, _ in numbers) or any(c == (0, 0, 0) for c, _ in colours)
    keeps_zero = (tolerance or colours) and not is_zero_named and 0 in scheme.background_ids
    return LabelMap(len(scheme.classes), tuple(numbers), tuple(colours), tolerance, 0 if keeps_zero else None)


def _parts(form: re.Pattern[str], key: str, largest: int) -> list[int]:
    """Return the numbers of a key of that form, none where it is of another form or one is too large."""
    match = form.fullmatch(key)
    parts = [int(part) for part in match.groups() if part] if match else []
    return parts if parts and max(parts) <= largest else []


def _entries(text: str) -> list[tuple[str, str, str]]:
    """Return key, equals sign and class name of each entry."""
    found = []
    place = 0
    while place < len(text.rstrip()):
        match = _ENTRY.match(text, place)
        if match is None or match.end() == place:
            found.append((text[place:].strip(), "", ""))
            break
        key, sign, name = (part.strip() for part in match.groups())
        if key or sign or name:
            found.append((key, sign, name))
        place = match.end()
    return found
