"""Networks map an rgb image to a cube. They do not depend on training, datasets or files."""
