"""Sparse coding: a dictionary of spectra, seen by the camera, explains each colour.

Paper     Arad and Ben-Shahar, "Sparse Recovery of Hyperspectral Signal from Natural RGB Images",
          ECCV 2016 [arad2016sparse]; a row of HPRN's Tables VIII and IX
Original  None official; written from the description of K-SVD and OMP
Differs   Three atoms already reproduce a colour exactly, so more are never taken, whatever the
          dictionary's own sparsity. Observations are brought to the projection's scale by one gain
          for each channel, fitted on the training scenes. Negative results are cut off.
"""

import numpy as np
from numpy.typing import NDArray

from respectra.camera.observations import Observations
from respectra.controls import Cubes
from respectra.datasets.store import Store

Array = NDArray[np.floating]
ENOUGH = 1e-6  # of a signal's length: what is left of it when no further atom is taken


def sparse_coding(
    store: Store,
    seen: Observations,
    split: str,
    *,
    atoms: int,
    sparsity: int,
    samples: int,
    iterations: int,
    seed: int,
) -> Cubes:
    """Learn a dictionary of the training spectra and code every colour of a split with it.

    Args:
        store, seen: the data set as the camera saw it.
        split: which scenes to reconstruct.
        atoms: spectra in the dictionary.
        sparsity: atoms that explain a training spectrum.
        samples: spectra drawn from each training scene.
        iterations: of K-SVD.
        seed: of the samples and the first atoms.
    """
    rng = np.random.default_rng(seed)
    train = store.scenes("train")
    spectra = np.concatenate([_sampled(store.bands_last(scene), samples, rng) for scene in train])
    dictionary = k_svd(spectra, atoms=atoms, sparsity=sparsity, iterations=iterations, rng=rng)
    colours = dictionary @ seen.response.T
    lengths = np.linalg.norm(colours, axis=1, keepdims=True)
    gains = _gains(store, seen, train)
    for scene in store.scenes(split):
        pixels = seen.pixels(scene)
        unique, where = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
        codes = omp(colours / lengths, unique / 255 * gains, count=3) / lengths.T
        found = np.maximum(codes @ dictionary, 0).astype(np.float32)
        yield scene, np.moveaxis(found[where.ravel()].reshape(*pixels.shape[:2], -1), -1, 0)


def _sampled(cube: Array, count: int, rng: np.random.Generator) -> Array:
    pixels = cube.reshape(-1, cube.shape[-1])
    places = rng.choice(len(pixels), min(count, len(pixels)), replace=False)
    return pixels[np.sort(places)].astype(np.float64)


def _gains(store: Store, seen: Observations, scenes: list[str]) -> Array:
    """What brings each channel of the observations to the cubes' projection: least squares."""
    products, squares = np.zeros(3), np.zeros(3)
    for scene in scenes:
        rgb = seen.pixels(scene).reshape(-1, 3) / 255
        projected = store.bands_last(scene).reshape(len(rgb), -1) @ seen.response.T
        products += (rgb * projected).sum(0)
        squares += (rgb * rgb).sum(0)
    return products / np.maximum(squares, 1e-12)


def k_svd(
    signals: Array, *, atoms: int, sparsity: int, iterations: int, rng: np.random.Generator
) -> Array:
    """A dictionary whose few atoms explain each signal.

    Signals are coded by OMP; then each atom and its weights become the leading singular pair of
    what its signals leave unexplained. An atom that no signal uses becomes the signal that is
    explained worst.

    Args:
        signals: (signals, bands).
        atoms: rows of the dictionary.
        sparsity: atoms in a code.
        iterations: codings and updates.
        rng: draws the first atoms.

    Returns:
        (atoms, bands), rows of length 1.
    """
    lengths = np.linalg.norm(signals, axis=1)
    signals = signals[lengths > 0]
    first = rng.choice(len(signals), atoms, replace=len(signals) < atoms)
    dictionary = _unit(signals[first] * (1 + 0.01 * rng.standard_normal((atoms, 1))))
    for _ in range(iterations):
        codes = omp(dictionary, signals, count=sparsity)
        residual = signals - codes @ dictionary
        for atom in range(atoms):
            users = np.flatnonzero(codes[:, atom])
            if not len(users):
                worst = int(np.argmax((residual**2).sum(1)))
                dictionary[atom] = _unit(signals[worst])
                residual[worst] = 0  # so that the next unused atom becomes another signal
                continue
            own = residual[users] + np.outer(codes[users, atom], dictionary[atom])
            _, vectors = np.linalg.eigh(own.T @ own)
            dictionary[atom] = vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1.0)
            codes[users, atom] = own @ dictionary[atom]
            residual[users] = own - np.outer(codes[users, atom], dictionary[atom])
    return dictionary


def omp(dictionary: Array, signals: Array, *, count: int, block: int = 4096) -> Array:
    """Orthogonal matching pursuit: the best next atom, then the best weights of all taken.

    Ties go to the lowest atom. Weights are least squares with a ridge of 1e-8, so that atoms that
    are nearly alike get no huge ones.

    Args:
        dictionary: (atoms, bands), rows of length 1.
        signals: (signals, bands).
        count: the most atoms in a code.
        block: signals coded at a time.

    Returns:
        (signals, atoms), zero but for `count` in each row.

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
    left = energy > 0
    for size in range(1, count + 1):
        correlation = np.abs(products - codes @ gram)
        np.put_along_axis(correlation, chosen, -1.0, axis=1)
        chosen = np.concatenate([chosen, correlation.argmax(1)[:, None]], axis=1)
        grams = gram[chosen[:, :, None], chosen[:, None, :]] + 1e-8 * np.eye(size)
        wanted = np.take_along_axis(products, chosen, axis=1)
        weights = np.linalg.solve(grams, wanted[..., None])[..., 0]
        fresh = np.zeros_like(codes)
        fresh[rows[:, None], chosen] = weights
        codes = np.where(left[:, None], fresh, codes)
        unexplained = energy - (codes * products).sum(1)
        left &= unexplained > ENOUGH**2 * energy
        if not left.any():
            break
    return codes


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
