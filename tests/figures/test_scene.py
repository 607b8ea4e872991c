import numpy as np

from respectra.figures.material import Material
from respectra.figures.scene import draw


def test_every_scene_is_shown_with_its_name(material: Material) -> None:
    figure = draw(material)
    assert [axis.get_title() for axis in figure.axes] == ["c", "d"]
    np.testing.assert_allclose(figure.axes[1].images[0].get_array(), material.picture("d"))
