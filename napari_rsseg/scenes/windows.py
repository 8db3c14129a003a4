"""Rectangles of pixels: rows before columns, half-open."""

from __future__ import annotations

from dataclasses import dataclass

from napari_rsseg.errors import SceneError

__all__ = ["Window"]


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels.

    Parameters
    ----------
    row_start, row_stop, column_start, column_stop : int
        Half-open ranges of rows and columns in pixels; may reach beyond a scene.

    Raises
    ------
    SceneError
        When a stop lies before its start.
    """

    row_start: int
    row_stop: int
    column_start: int
    column_stop: int

    def __post_init__(self) -> None:
        if self.row_stop < self.row_start or self.column_stop < self.column_start:
            raise SceneError(
                f"Window {self} ends before it starts.",
                "Give ROW0:ROW1,COL0:COL1 with the smaller number first.",
            )

    def __str__(self) -> str:
        return f"{self.row_start}:{self.row_stop},{self.column_start}:{self.column_stop}"

    @classmethod
    def of(cls, height: int, width: int) -> Window:
        """Return the window of a whole raster of this size."""
        return cls(0, height, 0, width)

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read ``ROW0:ROW1,COL0:COL1``.

        Raises
        ------
        SceneError
            When the text is of another form.
        """
        try:
            rows, columns = text.split(",")
            row_start, row_stop = (int(part) for part in rows.split(":"))
            column_start, column_stop = (int(part) for part in columns.split(":"))
        except ValueError:
            raise SceneError(
                f"Region {text!r} is not a window.",
                "Write it as ROW0:ROW1,COL0:COL1, for example 0:512,0:512.",
            ) from None
        return cls(row_start, row_stop, column_start, column_stop)

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.row_stop - self.row_start

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.column_stop - self.column_start

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def is_empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.height == 0 or self.width == 0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of this window in an array of the whole raster."""
        return slice(self.row_start, self.row_stop), slice(self.column_start, self.column_stop)

    def intersection(self, other: Window) -> Window:
        """Return the common part; empty where there is none."""
        row_start = max(self.row_start, other.row_start)
        column_start = max(self.column_start, other.column_start)
        return Window(
            row_start,
            max(row_start, min(self.row_stop, other.row_stop)),
            column_start,
            max(column_start, min(self.column_stop, other.column_stop)),
        )

    def contains(self, other: Window) -> bool:
        """Whether every pixel of ``other`` lies inside."""
        return self.intersection(other) == other

    def grown(self, margin: int) -> Window:
        """Return the window with ``margin`` more pixels on each side."""
        return Window(
            self.row_start - margin,
            self.row_stop + margin,
            self.column_start - margin,
            self.column_stop + margin,
        )

    def shifted(self, rows: int, columns: int) -> Window:
        """Return the window moved by whole pixels."""
        return Window(
            self.row_start + rows,
            self.row_stop + rows,
            self.column_start + columns,
            self.column_stop + columns,
        )

    def within(self, outer: Window) -> Window:
        """Return this window in coordinates that start at the corner of ``outer``."""
        return self.shifted(-outer.row_start, -outer.column_start)
