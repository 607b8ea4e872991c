"""Pages: one HTML file that shows scenes and their spectra in a browser, offline.

The file holds the cubes in a compact coding (`coding`), BokehJS for the chart (`chart`), and a
template with its style and scripts (`template.html`, `style.css`, `*.js`).
"""
