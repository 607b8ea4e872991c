"""`config/conditions/*.yaml`: how scored pictures, and perhaps their cubes, differ."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from respectra.build import suggest
from respectra.config.cameras import Response
from respectra.config.strict import Amount, Factor, Strict

Quality = Annotated[int, Field(ge=1, le=100)]
# The illuminants of the CIE that colour-science has.
LIGHTS = (
    "A", "B", "C", "D50", "D55", "D60", "D65", "D75", "E", *(f"FL{i}" for i in range(1, 13)),
    *(f"FL3.{i}" for i in range(1, 16)), *(f"HP{i}" for i in range(1, 6)),
    *(f"LED-B{i}" for i in range(1, 6)), "LED-BH1", "LED-RGB1", "LED-V1", "LED-V2", "ID50", "ID65",
)  # fmt: skip
Gains = tuple[Factor, Factor, Factor]


class MeasuredResponse(Strict):
    """The measured response of a camera that an installed package brings."""

    package: Literal["colour-science", "pyrsr"]
    """The package; `pyrsr` is optional: `pip install '.[responses]'`."""
    camera: str
    """The name of the camera there; in `pyrsr`, those of satellite and sensor."""
    columns: tuple[str, str, str]
    """The names of R, G and B there; in `pyrsr`, names of bands."""


class Condition(Strict):
    """A condition: how scored pictures, and perhaps their cubes, differ from those of a data set.

    Every picture is simulated from its cube; no method is trained again.
    """

    name: str
    title: str
    """Name in tables and figures."""
    scenes: str | None = None
    """A data set: its scenes of the same split take the place of those of the split, seen by the
    camera of the data set that methods are trained on, at the bands that both have in common. The
    name of a data set is the condition that states only this."""
    light: str | None = None
    """An illuminant of the CIE that replaces the light of each scene, in cube and picture."""
    metamer: bool = False
    """Whether each spectrum is replaced by another one with the same signals in the camera."""
    camera: str | None = None
    """A file in `config/cameras/`, instead of the data set's camera."""
    response: str | None = None
    """A file in `config/cameras/`: its response replaces that of the camera, each channel with the
    gain that leaves the colour of an even spectrum unchanged."""
    response_table: Response | None = None
    """A table of your own whose response does the same, without a file in `config/cameras/`."""
    response_measured: MeasuredResponse | None = None
    """A response of an installed package that does the same."""
    electrons: Amount | Literal["none"] | None = None
    """Electrons at a signal of 1, or `none`: no photon noise; null: as the camera."""
    white_balance: Gains | None = None
    """Gains of R, G and B before the exposure."""
    gain: Factor = 1.0
    """Factor of the picture before it is clipped."""
    quality: Quality | Literal["lossless"] | None = None
    """Quality of the JPEG file, or `lossless`; null: as the camera."""
    shuffle: bool = False
    """Whether the pixels of each picture and its cube change places at random."""

    @model_validator(mode="after")
    def _knows_the_light(self) -> Self:
        if self.light is not None and self.light not in LIGHTS:
            raise ValueError(f"light: {self.light} is no light; {suggest(self.light, LIGHTS)}")
        return self

    @model_validator(mode="after")
    def _leaves_other_scenes_as_they_are(self) -> Self:
        changes = {"light": self.light, "metamer": self.metamer, "shuffle": self.shuffle}
        changed = [key for key, value in changes.items() if value]
        if self.scenes is not None and changed:
            raise ValueError(
                f"{changed[0]}: a condition with scenes of another data set leaves their cubes as "
                "they are; remove one of the two"
            )
        return self

    @model_validator(mode="after")
    def _has_one_response(self) -> Self:
        stated = [
            key
            for key in ("camera", "response", "response_table", "response_measured")
            if getattr(self, key) is not None
        ]
        if len(stated) > 1:
            raise ValueError(
                f"{stated[1]}: a condition has one camera or response, and this one also states "
                f"{stated[0]}; remove one, or write a camera with this response"
            )
        return self
