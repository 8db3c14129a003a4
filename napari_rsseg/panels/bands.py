"""State and commands of the Bands form: which band measures what, corrected by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from napari_rsseg.scenes import BAND_ROLES, reopened
from napari_rsseg.scenes.role_memory import (
    forget_roles,
    has_correctable_roles,
    remember_roles,
    remembered_roles,
)

if TYPE_CHECKING:
    from napari_rsseg.scenes.scene import BandRole, Scene

__all__ = ["ROLE_TITLES", "BandsPanel"]

ROLE_TITLES: dict[str, str] = {
    "": "unknown",
    **{role: role.replace("_", " ") for role in BAND_ROLES if role != "alpha"},
}
"""Roles as they are listed; the empty key: nothing is known."""


@dataclass
class BandsPanel:
    """Roles of the bands of one scene, as the user is correcting them.

    Attributes
    ----------
    scene : Scene or None
        Whose bands.
    roles : tuple of BandRole or None
        What each band measures, by the form.
    remember : bool
        Whether files like this one open with these roles from now on.
    """

    scene: Scene | None = None
    roles: tuple[BandRole | None, ...] = ()
    remember: bool = True

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the bands."""
        return () if self.scene is None else tuple(band.name for band in self.scene.bands)

    @property
    def can_correct(self) -> bool:
        """Whether the scene is one whose roles can be corrected."""
        return self.scene is not None and has_correctable_roles(self.scene)

    @property
    def is_changed(self) -> bool:
        """Whether the form says something else than the scene."""
        return self.scene is not None and self.roles != tuple(band.role for band in self.scene.bands)

    def show(self, scene: Scene | None) -> None:
        """Take the bands of a scene, or of none."""
        if scene is not self.scene:
            self.roles = () if scene is None else tuple(band.role for band in scene.bands)
            self.scene = scene

    def choose(self, index: int, role: BandRole | None) -> None:
        """Say what a band measures; the band that had the role becomes unknown."""
        self.roles = tuple(
            role if position == index else None if other == role else other
            for position, other in enumerate(self.roles)
        )

    def corrected(self) -> Scene:
        """Return the scene opened anew with the roles of the form, remembered if so wished; for any thread.

        Raises
        ------
        SceneError
            When it cannot be opened again.
        SettingsError
            When the roles cannot be remembered.
        """
        assert self.scene is not None  # the form is disabled without one
        scene = reopened(self.scene, dict(enumerate(self.roles)))
        if self.remember:
            remember_roles(scene, self.roles)
        return scene

    def as_the_file_says(self) -> Scene:
        """Return the scene opened anew without any correction, and forget what was remembered.

        Raises
        ------
        SceneError
            When it cannot be opened again.
        SettingsError
            When the settings cannot be written.
        """
        assert self.scene is not None  # the form is disabled without one
        forget_roles(self.scene)
        return reopened(self.scene, {})

    @property
    def is_corrected(self) -> bool:
        """Whether the scene's roles are not all its file's own."""
        scene = self.scene
        return scene is not None and bool(scene.reference.roles or remembered_roles(scene))
