"""The ``.qml`` beside a mask: QGIS takes its legend from there, class by class.

A palette TIFF has 256 colours, whatever the scheme; QGIS before 3.30, which does not read attribute tables,
lists them all.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme

__all__ = ["style_path", "style_text"]


def style_path(path: Path) -> Path:
    """Return the name under which QGIS looks for the default style of a layer."""
    return path.with_suffix(".qml")


def style_text(scheme: Scheme) -> str:
    """Return the XML: a palette entry per class, background transparent as in the window."""
    root = ET.Element("qgis", version="3.0.0")
    attributes = {"type": "paletted", "band": "1", "opacity": "1", "alphaBand": "-1"}
    renderer = ET.SubElement(ET.SubElement(root, "pipe"), "rasterrenderer", attributes)
    palette = ET.SubElement(renderer, "colorPalette")
    for label, definition in enumerate(scheme.classes):
        entry = {
            "value": str(label),
            "label": definition.name,
            "color": definition.colour,
            "alpha": "0" if label in scheme.background_ids else "255",
        }
        ET.SubElement(palette, "paletteEntry", entry)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")
