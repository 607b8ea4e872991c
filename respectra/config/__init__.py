"""The YAML files of `config/` as typed, immutable objects; nothing here imports torch."""

from respectra.build import ConfigError
from respectra.config.budgets import Budget
from respectra.config.cameras import Camera
from respectra.config.choices import Choices
from respectra.config.conditions import Condition
from respectra.config.datasets import Dataset, Get
from respectra.config.methods import KINDS, Inputs, Method, Phase
from respectra.config.papers import Column, Figure, Page, Paper, Table
from respectra.config.tree import Config

__all__ = [
    "KINDS", "Budget", "Camera", "Choices", "Column", "Condition", "Config", "ConfigError",
    "Dataset", "Figure", "Get", "Inputs", "Method", "Page", "Paper", "Phase", "Table",
]  # fmt: skip
