"""Landsat 4 to 9, Collection 2, level 1 and 2: a folder, zip or tar as one scene."""

from __future__ import annotations

import math
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.bands import SENSORS
from napari_rsseg.scenes.products.assembling import BandScale, ProductExtra, ProductParts
from napari_rsseg.scenes.products.virtual import ProductBand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_rsseg.scenes.products.members import ProductFiles
    from napari_rsseg.scenes.scene import BandRole

__all__ = ["PIXEL_BITS", "landsat_parts"]

PIXEL_BITS = {
    0: "fill", 1: "dilated cloud", 2: "cirrus", 3: "cloud", 4: "cloud shadow", 5: "snow", 6: "clear",
    7: "water",
}  # fmt: skip
_BAND = re.compile(
    r"^(L[COTEM]0[4-9])_(L\d\w\w)_.*_T\d_?(?:SR_|ST_)?(B\d{1,2})(?:_VCID_(\d))?\.TIF$", re.IGNORECASE
)
_QUALITY = re.compile(r"_(QA_PIXEL|QA_RADSAT|SR_QA_AEROSOL)\.TIF$", re.IGNORECASE)
_COLD_K, _HOT_K = 200.0, 340.0

Groups = dict[str, dict[str, str]]


def landsat_parts(files: ProductFiles) -> ProductParts | None:
    """Return the parts of a Landsat Collection 2 product; None where the files are none.

    Reflectance = number * gain + offset of the product's ``MTL.txt``, at level 1 divided by the sine of the
    sun's elevation; thermal bands run from 200 to 340 K.

    Raises
    ------
    SceneError
        When the metadata lack what the numbers mean.
    """
    metadata = files.ending("_MTL.txt")
    found = _bands(files)
    if not metadata or not found:
        return None
    groups = _parsed(files.text(metadata[0]))
    _, platform, level = next(iter(found.values()))
    sensor = "landsat8" if platform[-1] in "89" else "landsat7"
    is_surface = level.upper().startswith("L2")
    roles = [_role(sensor, name) for name in found]
    contents = {**groups.get("IMAGE_ATTRIBUTES", {}), **groups.get("PRODUCT_METADATA", {})}
    return ProductParts(
        bands=[ProductBand(name, files.gdal_path(file)) for name, (file, _, _) in found.items()],
        roles=roles,
        scales=[
            _scale(groups, name, role, is_surface=is_surface, root=str(files.root))
            for name, role in zip(found, roles, strict=True)
        ],
        sensor=sensor,
        acquired=_acquired(contents),
        extras=_extras(files),
        metadata_names=[metadata[0]],
    )


def _bands(files: ProductFiles) -> dict[str, tuple[str, str, str]]:
    """Return file, platform and level by band name, in the order of their numbers."""
    found = {}
    for file in files.names:
        match = _BAND.match(PurePosixPath(file).name)
        if match:
            platform, level, band, gain = match.groups()
            found[f"{band.upper()}_VCID_{gain}" if gain else band.upper()] = (file, platform, level)
    return dict(sorted(found.items(), key=lambda item: (int(re.findall(r"\d+", item[0])[0]), item[0])))


def _role(sensor: str, name: str) -> BandRole | None:
    if name.endswith("_VCID_2"):
        return None
    return SENSORS[sensor].bands.get(name.split("_")[0].lower())


def _parsed(text: str) -> Groups:
    """Return the values of an MTL file by group and key."""
    groups: Groups = {}
    group = ""
    for line in text.splitlines():
        key, separator, value = (part.strip() for part in line.partition("="))
        if not separator:
            continue
        if key == "GROUP":
            group = value
        elif key != "END_GROUP":
            groups.setdefault(group, {})[key] = value.strip('"')
    return groups


def _acquired(contents: Mapping[str, str]) -> str | None:
    date, time = contents.get("DATE_ACQUIRED"), contents.get("SCENE_CENTER_TIME")
    return f"{date}T{time}" if date and time else date


def _value(groups: Groups, names: tuple[str, ...], key: str) -> float | None:
    for name in names:
        text = groups.get(name, {}).get(key)
        if text is not None:
            try:
                return float(text)
            except ValueError:
                return None
    return None


def _scale(groups: Groups, name: str, role: BandRole | None, *, is_surface: bool, root: str) -> BandScale:
    band = f"BAND_{name[1:]}"
    if role in ("thermal1", "thermal2") or name.startswith("B6_VCID"):
        scale = _surface_temperature(groups, band) if is_surface else _brightness_temperature(groups, band)
    else:
        scale = _reflectance(groups, band, is_surface=is_surface)
    if scale is None:
        raise SceneError(
            f"The metadata of {root} do not say what the numbers of band {name} mean.",
            "Download the product again, with its MTL file.",
        )
    return scale


def _reflectance(groups: Groups, band: str, *, is_surface: bool) -> BandScale | None:
    surface, top = "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS", "LEVEL1_RADIOMETRIC_RESCALING"
    names = (surface,) if is_surface else (top, "RADIOMETRIC_RESCALING")
    gain = _value(groups, names, f"REFLECTANCE_MULT_{band}")
    offset = _value(groups, names, f"REFLECTANCE_ADD_{band}")
    elevation = None if is_surface else _value(groups, ("IMAGE_ATTRIBUTES",), "SUN_ELEVATION")
    sine = math.sin(math.radians(elevation)) if elevation and elevation > 0 else 1.0
    if not gain or gain <= 0 or offset is None:
        return None
    return BandScale(low=-offset / gain, high=(sine - offset) / gain, gain=gain / sine)


def _surface_temperature(groups: Groups, band: str) -> BandScale | None:
    names = ("LEVEL2_SURFACE_TEMPERATURE_PARAMETERS",)
    gain = _value(groups, names, f"TEMPERATURE_MULT_BAND_ST_{band.replace('BAND_', 'B')}")
    offset = _value(groups, names, f"TEMPERATURE_ADD_BAND_ST_{band.replace('BAND_', 'B')}")
    if not gain or gain <= 0 or offset is None:
        return None
    return BandScale(low=(_COLD_K - offset) / gain, high=(_HOT_K - offset) / gain, gain=gain)


def _brightness_temperature(groups: Groups, band: str) -> BandScale | None:
    rescaling = ("LEVEL1_RADIOMETRIC_RESCALING", "RADIOMETRIC_RESCALING")
    constants = ("LEVEL1_THERMAL_CONSTANTS", "TIRS_THERMAL_CONSTANTS")
    gain = _value(groups, rescaling, f"RADIANCE_MULT_{band}")
    offset = _value(groups, rescaling, f"RADIANCE_ADD_{band}")
    k1, k2 = (_value(groups, constants, f"K{n}_CONSTANT_{band}") for n in (1, 2))
    if not gain or gain <= 0 or offset is None or not k1 or not k2:
        return None
    cold, hot = (k1 / (math.exp(k2 / kelvin) - 1) for kelvin in (_COLD_K, _HOT_K))
    return BandScale(low=(cold - offset) / gain, high=(hot - offset) / gain, gain=gain)


def _extras(files: ProductFiles) -> list[ProductExtra]:
    found = {}
    for file in files.names:
        match = _QUALITY.search(file)
        if match:
            found[match.group(1).upper()] = file
    return [
        ProductExtra(
            name=name,
            source=files.gdal_path(file),
            classes={},
            bits=PIXEL_BITS if name == "QA_PIXEL" else {},
        )
        for name, file in sorted(found.items())
    ]
