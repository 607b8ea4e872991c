"""Types of the plans that travel from `respectra.plans` to the functions of the steps.

A plan is a nested dict of plain values, because Snakemake compares it and YAML stores it. The types
let mypy find a misspelt key. This package imports nothing else of respectra, so that every folder
may import it.
"""

from respectra.plan_types.papers import (
    CellPlan,
    ClassesPlan,
    ColumnPlan,
    ConditionProductsPlan,
    CurvePlan,
    EditionPlan,
    FigureCameraPlan,
    FigureConditionPlan,
    FigureMethodPlan,
    FigurePlan,
    MachinesPlan,
    PagePlan,
    PrimaryPlan,
    ProductsPlan,
    TablePlan,
    TrainingPlan,
)
from respectra.plan_types.steps import (
    CameraPlan,
    ChoosePlan,
    ClassifyPlan,
    ConditionPlan,
    ControlPlan,
    CrossDataPlan,
    DatasetPlan,
    EnsemblePlan,
    FetchPlan,
    FloorPlan,
    HardScenesPlan,
    HoldOutPlan,
    InputsPlan,
    MeasuredPlan,
    PhasePlan,
    PhaseSettings,
    PlausiblePlan,
    ReconstructionPlan,
    ReconstructPlan,
    ReleasedPlan,
    ResponsePlan,
    RGBPlan,
    RunPhase,
    ScorePlan,
    Settings,
    SubmissionPlan,
    TrainPlan,
)

__all__ = [
    "CameraPlan", "CellPlan", "ChoosePlan", "ClassesPlan", "ClassifyPlan", "ColumnPlan",
    "ConditionPlan", "ConditionProductsPlan", "ControlPlan", "CrossDataPlan", "CurvePlan",
    "DatasetPlan", "EditionPlan", "EnsemblePlan", "FetchPlan", "FigureCameraPlan",
    "FigureConditionPlan", "FigureMethodPlan", "FigurePlan", "FloorPlan", "HardScenesPlan",
    "HoldOutPlan", "InputsPlan", "MachinesPlan", "MeasuredPlan", "PagePlan", "PhasePlan",
    "PhaseSettings", "PlausiblePlan", "PrimaryPlan", "ProductsPlan", "RGBPlan", "ReconstructPlan",
    "ReconstructionPlan", "ReleasedPlan", "ResponsePlan", "RunPhase", "ScorePlan", "Settings",
    "SubmissionPlan", "TablePlan", "TrainPlan", "TrainingPlan",
]  # fmt: skip
