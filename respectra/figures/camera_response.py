"""The camera's response: the sensitivity of each channel at each wavelength."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from respectra.figures.contents import Contents
from respectra.figures.style import WIDTH

CHANNELS = (("R", "#D55E00", "-"), ("G", "#009E73", "--"), ("B", "#0072B2", "-."))


def draw(contents: Contents) -> Figure:
    """Draw a curve per channel, with its gain and a dot at every band of the data set.

    Args:
        contents: a data set and its camera.
    """
    figure, axis = plt.subplots(figsize=(WIDTH * 0.6, 2.6))
    wavelengths = contents.store.wavelengths_nm
    for (name, colour, line), curve in zip(CHANNELS, contents.response, strict=True):
        axis.plot(wavelengths, curve, line, color=colour, label=name)
        axis.plot(wavelengths, curve, "o", color=colour, markersize=2)
    axis.set(xlabel="wavelength (nm)", ylabel="response × gain", ylim=(0, None))
    axis.set_xlim(wavelengths[0], wavelengths[-1])
    axis.legend()
    return figure
