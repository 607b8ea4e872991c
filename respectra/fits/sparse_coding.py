"""Sparse coding: each colour is a sum of few spectra of a dictionary, as the camera sees them.

Paper     Arad and Ben-Shahar, "Sparse Recovery of Hyperspectral Signal from Natural RGB Images",
          ECCV 2016 [arad2016sparse]; a row of HPRN's Tables VIII and IX
Original  None official; written from the description of K-SVD and OMP
Differs   A colour is coded with at most three atoms, which reproduce it exactly; `sparsity` holds
          for spectra only. Observations are scaled to the projected cubes by one gain per channel,
          fitted to the training scenes. Negative values of a cube become zero.
"""

import numpy as np
from numpy.typing import NDArray

from respectra.arguments import Count, Whole
from respectra.camera.observations import Observations
from respectra.datasets.store import Store
from respectra.reconstructions import Cubes

Array = NDArray[np.floating]
TOLERANCE = 1e-6  # of the residual's length, relative to the signal's: no further atom is added


def sparse_coding(
    store: Store,
    observations: Observations,
    split: str,
    *,
    atoms: Count,
    sparsity: Count,
    samples: Count,
    iterations: Count,
    seed: Whole,
) -> Cubes:
    """Learn a dictionary of the training spectra and code every colour of a split with it.

    Args:
        store: the data set.
        observations: of the data set.
        split: which scenes to reconstruct.
        atoms: spectra in the dictionary.
        sparsity: atoms in the code of a training spectrum.
        samples: spectra drawn from each training scene.
        iterations: of K-SVD.
        seed: of the samples and the first atoms.

    Yields:
        Every scene's name and cube, (bands, rows, columns).
    """
    rng = np.random.default_rng(seed)
    train = store.scenes("train")
    spectra = np.concatenate(
        [_draw_spectra(store.bands_last(scene), samples, rng) for scene in train]
    )
    dictionary = k_svd(spectra, atoms=atoms, sparsity=sparsity, iterations=iterations, rng=rng)
    colours = dictionary @ observations.response.T
    lengths = np.linalg.norm(colours, axis=1, keepdims=True)
    gains = _fit_gains(store, observations, train)
    for scene in store.scenes(split):
        pixels = observations.pixels(scene)
        unique, positions = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
        codes = omp(colours / lengths, unique / 255 * gains, count=3) / lengths.T
        spectra = np.maximum(codes @ dictionary, 0).astype(np.float32)
        cube = spectra[positions.ravel()].reshape(*pixels.shape[:2], -1)
        yield scene, np.moveaxis(cube, -1, 0)


def _draw_spectra(cube: Array, count: int, rng: np.random.Generator) -> Array:
    pixels = cube.reshape(-1, cube.shape[-1])
    places = rng.choice(len(pixels), min(count, len(pixels)), replace=False)
    return pixels[np.sort(places)].astype(np.float64)


def _fit_gains(store: Store, observations: Observations, scenes: list[str]) -> Array:
    """The gains that scale the observations' channels to the projected cubes, by least squares."""
    products, squares = np.zeros(3), np.zeros(3)
    for scene in scenes:
        rgb = observations.pixels(scene).reshape(-1, 3) / 255
        projected = store.bands_last(scene).reshape(len(rgb), -1) @ observations.response.T
        products += (rgb * projected).sum(0)
        squares += (rgb * rgb).sum(0)
    return products / np.maximum(squares, 1e-12)


def k_svd(
    signals: Array, *, atoms: int, sparsity: int, iterations: int, rng: np.random.Generator
) -> Array:
    """Learn a dictionary in which every signal is a sum of few atoms.

    Each iteration codes the signals by OMP. Then each atom and its weights become the leading
    singular pair of the residual of the signals that use it. An atom without users becomes the
    signal with the greatest residual.

    Args:
        signals: (signals, bands).
        atoms: rows of the dictionary.
        sparsity: atoms in a code.
        iterations: codings and updates.
        rng: of the first atoms.

    Returns:
        (atoms, bands), rows of length 1.
    """
    lengths = np.linalg.norm(signals, axis=1)
    signals = signals[lengths > 0]
    first = rng.choice(len(signals), atoms, replace=len(signals) < atoms)
    dictionary = _normalise(signals[first] * (1 + 0.01 * rng.standard_normal((atoms, 1))))
    for _ in range(iterations):
        codes = omp(dictionary, signals, count=sparsity)
        residual = signals - codes @ dictionary
        for atom in range(atoms):
            users = np.flatnonzero(codes[:, atom])
            if not len(users):
                worst = int(np.argmax((residual**2).sum(1)))
                dictionary[atom] = _normalise(signals[worst])
                residual[worst] = 0  # the next unused atom becomes another signal
                continue
            target = residual[users] + np.outer(codes[users, atom], dictionary[atom])
            _, vectors = np.linalg.eigh(target.T @ target)
            dictionary[atom] = vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1.0)
            codes[users, atom] = target @ dictionary[atom]
            residual[users] = target - np.outer(codes[users, atom], dictionary[atom])
    return dictionary


def omp(dictionary: Array, signals: Array, *, count: int, block: int = 4096) -> Array:
    """Code signals by orthogonal matching pursuit.

    Each step adds the atom with the greatest correlation to the residual and fits the weights of
    all its atoms anew. Of equal atoms the first is added. A ridge of 1e-8 keeps the weights of
    nearly equal atoms small.

    Args:
        dictionary: (atoms, bands), rows of length 1.
        signals: (signals, bands).
        count: atoms in a code, at most.
        block: signals coded at a time.

    Returns:
        (signals, atoms), with at most `count` values in a row that are not zero.

    Example:
        >>> omp(np.eye(3), np.array([[0.0, 2.0, 1.0]]), count=1).round(6).tolist()
        [[0.0, 2.0, 0.0]]
    """
    gram = dictionary @ dictionary.T
    codes = np.zeros((len(signals), len(dictionary)))
    for start in range(0, len(signals), block):
        part = signals[start : start + block]
        codes[start : start + block] = _omp(gram, part @ dictionary.T, (part**2).sum(1), count)
    return codes


def _omp(gram: Array, products: Array, energy: Array, count: int) -> Array:
    """OMP from the dictionary's Gram matrix and the signals' products with its atoms."""
    rows = np.arange(len(products))
    codes = np.zeros_like(products)
    chosen = np.zeros((len(products), 0), dtype=np.intp)
    unfinished = energy > 0
    for size in range(1, count + 1):
        correlation = np.abs(products - codes @ gram)
        np.put_along_axis(correlation, chosen, -1.0, axis=1)
        chosen = np.concatenate([chosen, correlation.argmax(1)[:, None]], axis=1)
        grams = gram[chosen[:, :, None], chosen[:, None, :]] + 1e-8 * np.eye(size)
        moments = np.take_along_axis(products, chosen, axis=1)
        weights = np.linalg.solve(grams, moments[..., None])[..., 0]
        new_codes = np.zeros_like(codes)
        new_codes[rows[:, None], chosen] = weights
        codes = np.where(unfinished[:, None], new_codes, codes)
        residual = energy - (codes * products).sum(1)
        unfinished &= residual > TOLERANCE**2 * energy
        if not unfinished.any():
            break
    return codes


def _normalise(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
