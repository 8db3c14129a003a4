"""Which band measures what: from the file's own words, wavelengths, names, and sensor presets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.scenes.scene import BAND_ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_rsseg.scenes.facts import BandFacts, RasterFacts
    from napari_rsseg.scenes.scene import BandRole

__all__ = ["SENSORS", "Sensor", "assigned_roles", "role_of_description", "role_of_wavelength", "sensor_of"]


@dataclass(frozen=True)
class Sensor:
    """How a sensor's files are named and ordered.

    Attributes
    ----------
    pattern : str
        Regular expression found in file names, lower case.
    bands : mapping
        Role by the sensor's own band name, lower case without leading zeros (``b2``, ``b8a``).
    orders : mapping
        Roles by number of bands, for files that name no band.
    reflectance : bool
        Whether its usual 16-bit products are reflectance x 10 000.
    """

    pattern: str
    bands: Mapping[str, BandRole]
    orders: Mapping[int, tuple[BandRole | None, ...]]
    reflectance: bool = False


_BGRN: tuple[BandRole, ...] = ("blue", "green", "red", "nir")
_TM: dict[str, BandRole] = {
    "b1": "blue", "b2": "green", "b3": "red", "b4": "nir", "b5": "swir1", "b6": "thermal1", "b7": "swir2",
}  # fmt: skip
_OLI: dict[str, BandRole] = {
    "b1": "coastal", "b2": "blue", "b3": "green", "b4": "red", "b5": "nir", "b6": "swir1", "b7": "swir2",
    "b8": "panchromatic", "b9": "cirrus", "b10": "thermal1", "b11": "thermal2",
}  # fmt: skip
_MSI: dict[str, BandRole] = {
    "b1": "coastal", "b2": "blue", "b3": "green", "b4": "red", "b5": "rededge1", "b6": "rededge2",
    "b7": "rededge3", "b8": "nir", "b8a": "nir_narrow", "b9": "water_vapour", "b10": "cirrus",
    "b11": "swir1", "b12": "swir2",
}  # fmt: skip
_SIX: tuple[BandRole, ...] = ("blue", "green", "red", "nir", "swir1", "swir2")

SENSORS: dict[str, Sensor] = {
    "sentinel2": Sensor(
        pattern=r"(?<![a-z0-9])(s2[abc]?|sentinel-?2[abc]?|t\d{2}[a-z]{3}_\d{8}t\d{6})(?![a-z0-9])",
        bands=_MSI,
        orders={
            13: tuple(_MSI.values()),
            12: tuple(role for role in _MSI.values() if role != "cirrus"),
            10: (
                "blue",
                "green",
                "red",
                "rededge1",
                "rededge2",
                "rededge3",
                "nir",
                "nir_narrow",
                "swir1",
                "swir2",
            ),
            6: _SIX,
        },
        reflectance=True,
    ),
    "landsat8": Sensor(
        pattern=r"(?<![a-z0-9])(l[coe]0?[89]_?\w*|l[89]|landsat-?[89]|hls_?[ls]30)(?![a-z0-9])",
        bands=_OLI,
        orders={
            11: tuple(_OLI.values()),
            10: tuple(role for role in _OLI.values() if role != "panchromatic"),
            7: tuple(_OLI.values())[:7],
            6: _SIX,
        },
        reflectance=True,
    ),
    "landsat7": Sensor(
        pattern=r"(?<![a-z0-9])(l[te]0?[457]_?\w*|l[457]|landsat-?[457])(?![a-z0-9])",
        bands={**_TM, "b8": "panchromatic"},
        orders={7: tuple(_TM.values()), 6: _SIX},
        reflectance=True,
    ),
    "planetscope": Sensor(
        pattern=r"(planetscope|_analyticms|_psscene|_psb_sd|3b_(udm2|analytic))",
        bands={},
        orders={
            4: _BGRN,
            8: ("coastal", "blue", None, "green", "yellow", "red", "rededge1", "nir"),
        },
        reflectance=True,
    ),
    "gaofen": Sensor(
        pattern=r"(?<![a-z0-9])(gf-?[126]|gaofen-?\d?)(?![0-9])",
        bands={"b1": "blue", "b2": "green", "b3": "red", "b4": "nir"},
        orders={4: _BGRN, 1: ("panchromatic",), 8: (*_BGRN, "rededge1", "rededge2", "coastal", "yellow")},
    ),
    "naip": Sensor(
        pattern=r"(naip|(?<![a-z0-9])m_\d{7}_[ns][ew]_)",
        bands={},
        orders={4: ("red", "green", "blue", "nir"), 3: ("red", "green", "blue")},
    ),
}

_WORDS: tuple[tuple[str, BandRole], ...] = (
    (r"coastal|aerosol|ultra ?blue", "coastal"),
    (r"water ?vapou?r|wvp", "water_vapour"),
    (r"cirrus", "cirrus"),
    (r"pan(chromatic)?", "panchromatic"),
    (r"red ?edge ?-?1|vegetation red edge 1|re1|rededge", "rededge1"),
    (r"red ?edge ?-?2|re2", "rededge2"),
    (r"red ?edge ?-?3|re3", "rededge3"),
    (r"(narrow nir|nir narrow|nir ?(2|08a)|near infrared narrow)", "nir_narrow"),
    (r"swir ?-?(1|16)|mir|short ?wave infrared 1|swir", "swir1"),
    (r"swir ?-?(2|22)|short ?wave infrared 2", "swir2"),
    (r"nir|near ?-?infra ?-?red|infrared|n", "nir"),
    (r"(tirs?|thermal|lwir|temperature) ?-?(1|b?10)?|thermal infrared", "thermal1"),
    (r"(tirs?|thermal|lwir) ?-?(2|b?11)", "thermal2"),
    (r"yellow|y", "yellow"),
    (r"blue|b", "blue"),
    (r"green|g", "green"),
    (r"red|r", "red"),
)
_CODE = re.compile(r"(?<![a-z0-9])(?:sr_|toa_|band ?|b)0*(\d{1,2}a?)(?![a-z0-9])")
# Between the bands of the sensors above; later entries are wider and taken when no narrower one fits.
_RANGES_NM: tuple[tuple[float, float, BandRole], ...] = (
    (400, 452, "coastal"), (452, 525, "blue"), (525, 590, "green"), (590, 630, "yellow"), (630, 690, "red"),
    (690, 722, "rededge1"), (722, 760, "rededge2"), (760, 800, "rededge3"), (800, 860, "nir"),
    (860, 900, "nir_narrow"), (900, 1000, "water_vapour"), (1360, 1400, "cirrus"), (1500, 1750, "swir1"),
    (2000, 2400, "swir2"), (10_000, 11_300, "thermal1"), (11_300, 12_600, "thermal2"),
)  # fmt: skip


def sensor_of(uri: str, facts: RasterFacts) -> str | None:
    """Return the key of the sensor that the file's name or metadata tells of; None where nothing does."""
    folder_and_name = "/".join(re.split(r"[\\/]", uri)[-3:]).lower()
    said = (
        " ".join(
            facts.metadata.get(key, "")
            for key in ("SENSOR", "PLATFORM", "SPACECRAFT_ID", "SPACECRAFT_NAME", "SATELLITEID")
        )
        .lower()
        .replace("_", "")
    )
    for text in (said, folder_and_name.rsplit("/", 1)[-1], folder_and_name):
        for key, sensor in SENSORS.items():
            if text and re.search(sensor.pattern, text):
                return key
    codes = {_code(band.name) for band in facts.bands}
    return "sentinel2" if "b8a" in codes else None


def _code(name: str) -> str | None:
    """Return the sensor's band name in a description: ``b8a`` of ``B08A``, ``b4`` of ``SR_B4``."""
    found = _CODE.search(name.lower().replace("_b", " b"))
    return f"b{found.group(1)}" if found else None


def role_of_description(name: str) -> BandRole | None:
    """Return the role that a description names in words; None where it names none."""
    text = re.sub(r"[_\-./]+", " ", name.strip().lower())
    text = re.sub(r"(?<![a-z0-9])(sr|toa|boa|surface|reflectance|band|channel)(?![a-z])", " ", text)
    text = _CODE.sub(" ", text).strip(" ()[]:")
    if text in BAND_ROLES:
        return text
    for pattern, role in reversed(_WORDS):
        if re.fullmatch(rf"(\d+ )?({pattern})( \d+(nm)?)?", text):
            return role
    for pattern, role in _WORDS:
        words = [word for word in pattern.split("|") if len(word) > 2]
        if words and re.search(rf"(?<![a-z])({'|'.join(words)})(?![a-z])", text):
            return role
    return None


def role_of_wavelength(nanometres: float | None) -> BandRole | None:
    """Return the role of a centre wavelength."""
    if nanometres is None:
        return None
    return next((role for low, high, role in _RANGES_NM if low <= nanometres < high), None)


def assigned_roles(uri: str, bands: Sequence[BandFacts], sensor: str | None) -> tuple[BandRole | None, ...]:
    """Return the role of each spectral band.

    In this order: words of its description, the sensor's own band name, its wavelength, its colour
    interpretation; where no band says anything, the sensor's usual order, then red, green, blue (and near
    infrared) of three (four) bands. A role is given once: a second band of the same role keeps None.
    """
    preset = SENSORS.get(sensor or "")
    roles: list[BandRole | None] = []
    for band in bands:
        code = _code(band.name)
        by_code = preset.bands.get(code) if preset and code else None
        roles.append(
            role_of_description(band.name)
            or by_code
            or role_of_wavelength(band.wavelength_nm)
            or _role_of_colour(band.colour)
        )
    if not any(roles):
        roles = list(_usual_order(uri, len(bands), preset))
    elif len(bands) == 4 and roles == ["red", "green", "blue", None]:
        roles[3] = "nir"
    return _once(roles)


def _role_of_colour(colour: str | None) -> BandRole | None:
    if colour in ("red", "green", "blue", "nir", "yellow", "coastal"):
        return colour  # type: ignore[return-value]  # the tuple holds roles only
    return {"pan": "panchromatic", "rededge": "rededge1", "swir": "swir1"}.get(colour or "")  # type: ignore[return-value]


def _usual_order(uri: str, count: int, preset: Sensor | None) -> tuple[BandRole | None, ...]:
    if count == 1:
        name = re.split(r"[\\/]", uri)[-1].rsplit(".", 1)[0]
        code = _code(name)
        role = preset.bands.get(code) if preset and code else None
        return (role or (preset.orders.get(1, (None,))[0] if preset else None),)
    if preset and count in preset.orders:
        return preset.orders[count]
    return {3: ("red", "green", "blue"), 4: ("red", "green", "blue", "nir")}.get(count, (None,) * count)  # type: ignore[return-value]


def _once(roles: Sequence[BandRole | None]) -> tuple[BandRole | None, ...]:
    seen: set[BandRole] = set()
    kept: list[BandRole | None] = []
    for role in roles:
        kept.append(None if role in seen else role)
        if role is not None:
            seen.add(role)
    return tuple(kept)
