"""What a run came to, in words and in areas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.engine.events import DeviceInfo, PredictionReport
    from napari_rsseg.panels.run import Run

__all__ = [
    "ShownArea",
    "areas_of",
    "describe_engine",
    "describe_report",
    "describe_speed",
    "measure_areas",
    "recoloured",
    "smallest_words",
]


@dataclass(frozen=True)
class ShownArea:
    """Area of a class on screen.

    Attributes
    ----------
    name, colour, definition : str
        Of the class.
    pixels : int
        Number of pixels.
    hectares : float or None
        Area; None where the size of a pixel is unknown.
    percent : float
        Share of the pixels about which something is said.
    note : str
        Smallest area worth mapping, where the scheme says one.
    example : str or None
        Path of an example picture.
    """

    name: str
    colour: str
    definition: str
    pixels: int
    hectares: float | None
    percent: float
    note: str = ""
    example: str | None = None


def measure_areas(
    counts: npt.NDArray[np.int64], scheme: Scheme, gsd_m: float | None
) -> tuple[ShownArea, ...]:
    """Return the area of each class of the scheme from pixels by id; 255 is left out of all shares."""
    counts = counts[: len(scheme.classes)]
    total = max(int(counts.sum()), 1)
    pixel_ha = None if gsd_m is None else gsd_m**2 / 10_000
    return tuple(
        ShownArea(
            definition.name,
            definition.colour,
            definition.definition,
            int(count),
            None if pixel_ha is None else float(count) * pixel_ha,
            100 * int(count) / total,
            smallest_words(definition.minimum_mapping_unit_m2),
            definition.example,
        )
        for definition, count in zip(scheme.classes, counts, strict=True)
    )


def recoloured(areas: tuple[ShownArea, ...], scheme: Scheme) -> tuple[ShownArea, ...]:
    """Return areas with the colours and words that a scheme gives to the same classes."""
    if tuple(area.name for area in areas) != scheme.names:
        return areas
    return tuple(
        replace(
            area,
            colour=definition.colour,
            definition=definition.definition,
            note=smallest_words(definition.minimum_mapping_unit_m2),
            example=definition.example,
        )
        for area, definition in zip(areas, scheme.classes, strict=True)
    )


def smallest_words(area_m2: float | None) -> str:
    """Return the smallest area worth mapping as a sentence; empty where the scheme says none."""
    return "" if area_m2 is None else f"Smallest area worth mapping: {area_m2:g} m²."


def areas_of(run: Run) -> tuple[ShownArea, ...]:
    """Return the areas in the region of a run, as the labels stand now."""
    return measure_areas(run.labelling.count(run.region), run.labelling.scheme, run.scene.gsd_m)


def describe_report(report: PredictionReport) -> str:
    """Return what came of a prediction, in one to three sentences."""
    total = len(report.done) + len(report.missing)
    where = f" on {report.device} ({report.precision})" if report.device else ""
    changes = "".join(f" {change}" for change in report.changes)
    if report.is_complete:
        if not report.device:
            return f"Done: the result was there already.{changes}"
        return f"Done in {report.seconds:.1f} s{where}.{changes}"
    if report.failed:
        first = report.failed[0]
        return (
            f"{len(report.failed)} of {total} blocks failed, the first at {first.window}: {first.found} "
            f"{first.remedy} Segment tries the rest again.{changes}"
        )
    return f"Cancelled: {len(report.done)} of {total} blocks are done. Resume does the rest.{changes}"


def describe_engine(state: str, device: DeviceInfo | None) -> str:
    """Return whether the engine is up, and its device with memory and number format."""
    if device is not None:
        return f"{device.name}: {device.free_bytes / 2**30:.1f} GiB free, {device.precision}"
    return {"starting": "The engine is starting …", "failed": "The engine is not running."}.get(state, "")


def describe_speed(done: int, total: int, pixels_per_second: float, eta_s: float | None) -> str:
    """Return blocks done, speed and time left of a run, in one line."""
    parts = [f"{done} of {total} blocks"] if total else []
    if pixels_per_second:
        speed = pixels_per_second / 1e6
        parts.append(f"{speed:.2f} Mpx/s" if speed >= 0.01 else f"{pixels_per_second:.0f} px/s")
    if eta_s is not None:
        minutes, seconds = divmod(round(eta_s), 60)
        parts.append(f"{minutes} min {seconds} s left" if minutes else f"{seconds} s left")
    return " · ".join(parts)
