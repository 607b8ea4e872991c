from respectra.commands.cost import estimate_costs
from respectra.config import Config


def test_costs_of_a_paper_are_those_of_its_edition(config: Config) -> None:
    full, demo = (estimate_costs(config, "study", name) for name in ("full", "demo"))
    assert "3 networks, 4 trainings: 2 hours\n" in full
    assert "3 networks, 4 trainings: 0 hours\n" in demo
