import pytest

from respectra.train.schedules import constant, cosine, polynomial, steps


def test_cosine_goes_from_the_rate_to_the_final_one() -> None:
    assert cosine(4e-4, 0.0, final=1e-6) == pytest.approx(4e-4)
    assert cosine(4e-4, 1.0, final=1e-6) == pytest.approx(1e-6)
    rates = [cosine(4e-4, i / 100, final=1e-6) for i in range(101)]
    assert rates == sorted(rates, reverse=True)  # the public code's climbs again after its end


def test_polynomial_is_the_papers_formula() -> None:
    assert polynomial(1.2e-4, 0.25, power=1.5) == pytest.approx(1.2e-4 * 0.75**1.5)
    assert polynomial(1.2e-4, 1.0, power=1.5) == 0


def test_constant_stays() -> None:
    assert constant(0.1, 0.9) == 0.1


def test_a_polynomial_may_end_above_zero() -> None:
    assert polynomial(1e-3, 1.0, power=1.5, final=1e-5) == pytest.approx(1e-5)
    assert polynomial(1e-3, 0.0, power=1.5, final=1e-5) == pytest.approx(1e-3)


def test_steps_fall_where_they_are_said_to() -> None:
    at = [0.2, 0.4]
    assert steps(1.0, 0.1999, at=at, factor=0.5) == 1.0
    assert steps(1.0, 0.2, at=at, factor=0.5) == 0.5
    assert steps(1.0, 1.0, at=at, factor=0.5) == 0.25
