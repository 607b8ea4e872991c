import pytest

from respectra.datasets.variables import UnreadableError, check_claim


@pytest.mark.parametrize(
    ("shape", "file_bytes", "is_possible"),
    [
        ((482, 512, 31), 1000, True),  # small claims are not compared
        ((10_000, 10_000, 31), 12 << 20, True),
        ((10_000, 10_000, 31), 1 << 20, False),
        ((1 << 20, 1 << 20, 31), 1 << 30, False),
        ((0, 1 << 40), 100, True),
    ],
)
def test_a_file_cannot_hold_more_than_it_can_compress(
    shape: tuple[int, ...], file_bytes: int, is_possible: bool
) -> None:
    if is_possible:
        check_claim(shape, 4, file_bytes)
    else:
        with pytest.raises(UnreadableError, match="claims .* GB of values, but the file has"):
            check_claim(shape, 4, file_bytes)
