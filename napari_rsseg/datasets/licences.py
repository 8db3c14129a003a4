"""Under which terms an image stands, where the image or a file beside it says so."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from pathlib import Path

__all__ = ["licence_of"]

_TAGS = ("LICENSE", "LICENCE", "license", "licence", "TIFFTAG_COPYRIGHT", "COPYRIGHT", "Copyright")
_FILES = re.compile(r"^(licen[sc]e|copying)(\.(txt|md))?$", re.IGNORECASE)
_LONGEST = 200


def licence_of(uri: str) -> str | None:
    """Return the terms of an image in a line; None where nothing states them.

    Its own tags come first, then the first line of a ``LICENSE`` file beside it or one folder above.
    """
    path = Path(uri)
    if not path.is_file():
        return None
    return _from_tags(path) or _beside(path.parent) or _beside(path.parent.parent)


def _from_tags(path: Path) -> str | None:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as dataset:
                tags = dataset.tags()
        except RasterioError:  # read by another library: no tags that GDAL knows
            return None
    return next((_line(tags[name]) for name in _TAGS if tags.get(name, "").strip()), None)


@lru_cache(maxsize=256)
def _beside(folder: Path) -> str | None:
    files = sorted(path for path in folder.iterdir() if _FILES.match(path.name) and path.is_file())
    return _line(files[0].read_text(encoding="utf-8", errors="replace")) if files else None


def _line(text: str) -> str | None:
    lines = (line.strip(" #\t") for line in text.splitlines())
    return next((line[:_LONGEST] for line in lines if line), None)
