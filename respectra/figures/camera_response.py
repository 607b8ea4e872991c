"""The camera's response: what each colour channel sees of each wavelength."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from respectra.figures.material import WIDTH, Material

CHANNELS = (("R", "#D55E00", "-"), ("G", "#009E73", "--"), ("B", "#0072B2", "-."))


def draw(material: Material) -> Figure:
    """A line per channel, with its gain, a dot at every band of the data set."""
    figure, axis = plt.subplots(figsize=(WIDTH * 0.6, 2.6))
    wavelengths = material.store.wavelengths_nm
    for (name, colour, line), curve in zip(CHANNELS, material.response, strict=True):
        axis.plot(wavelengths, curve, line, color=colour, label=name)
        axis.plot(wavelengths, curve, "o", color=colour, markersize=2)
    axis.set(xlabel="wavelength (nm)", ylabel="response × gain", ylim=(0, None))
    axis.set_xlim(wavelengths[0], wavelengths[-1])
    axis.legend()
    return figure
